import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const compiled = join(import.meta.dirname, '../../bin/compiled.js')
const signature = '0123456789abcdef'
const bundle = (says: string, signed = signature) =>
  `exports.say = () => console.log('${says}', typeof require('node:fs').readFileSync, __filename)\n// ${signed}\n`

let place = ''
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'regctl-compiled-'))
})
afterEach(() => rmSync(place, { recursive: true }))

const folder = () => join(place, 'kept')
const names = () => readdirSync(folder())
const keptFile = () => join(folder(), names()[0] ?? '')

function flipped(bytes: Buffer): Buffer {
  bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1)
  return bytes
}

/** Runs a bundle in a process of its own, with what is kept of it. */
function run(source: string, code = 0) {
  const file = join(place, 'bundle.cjs')
  writeFileSync(file, source)
  const script = `require(${JSON.stringify(compiled)}).loadKept(${JSON.stringify(file)}, ${JSON.stringify({ folder: folder(), use: 'x' })}).say(); process.exitCode = ${code}`
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' })
  return stderr + stdout.replace(file, 'FILE').trim()
}

const damages: [string, () => void][] = [
  ['cut off', () => writeFileSync(keptFile(), readFileSync(keptFile()).subarray(0, 100))],
  ['wrong in one bit', () => writeFileSync(keptFile(), flipped(readFileSync(keptFile())))],
  ['nothing but zeros', () => writeFileSync(keptFile(), Buffer.alloc(4096))],
  ['empty', () => writeFileSync(keptFile(), '')],
  ['writable for others', () => chmodSync(keptFile(), 0o666)],
]
if (process.getuid?.() === 0) damages.push(["somebody else's", () => chownSync(keptFile(), 12_345, 12_345)])

describe('what V8 made of a bundle', () => {
  it('is kept by one run and used by the next, readable to nobody else', () => {
    expect(run(bundle('one'))).toBe('one function FILE')
    expect(names()).toEqual([`bundle.cjs-${signature}-${process.version}-${process.arch}-x`])
    expect([statSync(folder()).mode & 0o777, statSync(keptFile()).mode & 0o777]).toEqual([0o700, 0o600])
    utimesSync(keptFile(), 1, 1)
    // Of the same length: V8 takes what is kept for the new text, which proves that it was used.
    expect(run(bundle('two'))).toBe('one function FILE')
    expect(statSync(keptFile()).mtimeMs).toBe(1000)
  })

  it('is not kept of a run that failed, nor of a bundle without a name for its contents', () => {
    run(bundle('one'), 3)
    run("exports.say = () => console.log('one')\n")
    expect(() => names()).toThrow('ENOENT')
  })

  it('is not used for other contents', () => {
    run(bundle('one'))
    expect(run(bundle('two', 'fedcba9876543210'))).toBe('two function FILE')
    expect(names()).toHaveLength(2)
  })

  it.each(damages)('is not used when it is %s, and made anew', (_, spoil) => {
    run(bundle('one'))
    spoil()
    utimesSync(keptFile(), 1, 1)
    expect(run(bundle('two'))).toBe('two function FILE')
    expect(statSync(keptFile()).mtimeMs).toBeGreaterThan(1000)
  })

  it('is of no more than forty bundles and uses', () => {
    mkdirSync(folder())
    for (let at = 0; at < 50; at++) writeFileSync(join(folder(), `old-${at}`), '')
    run(bundle('one'))
    expect(names()).toHaveLength(40)
    expect(names().some(name => name.startsWith('bundle.cjs'))).toBe(true)
  })

  it('that cannot be kept is no failure', () => {
    writeFileSync(folder(), '')
    expect(run(bundle('one'))).toBe('one function FILE')
  })
})

/** Runs a bundle as the program does, for a person with this home. */
function runAtHome(home: string) {
  const file = join(place, 'bundle.cjs')
  writeFileSync(file, bundle('one'))
  const script = `require(${JSON.stringify(compiled)}).load(${JSON.stringify(file)}, []).say()`
  const { XDG_CACHE_HOME: _, ...env } = process.env
  const { stdout } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', env: { ...env, HOME: home } })
  return stdout.replace(file, 'FILE').trim()
}

const homes: [string, (home: string) => void][] = [
  ['that everybody may write to', home => chmodSync(home, 0o777)],
  [
    'whose cache everybody may write to',
    home => {
      mkdirSync(join(home, '.cache'))
      chmodSync(join(home, '.cache'), 0o777)
    },
  ],
]
if (process.getuid?.() === 0)
  homes.push(["that is somebody else's, as with sudo", home => chownSync(home, 12_345, 12_345)])

describe('T25: a home', () => {
  const kept = (home: string) => existsSync(join(home, '.cache/regctl'))

  it('of one’s own keeps what V8 made', () => {
    const home = join(place, 'home')
    mkdirSync(home)
    expect(runAtHome(home)).toBe('one function FILE')
    expect(kept(home)).toBe(true)
  })

  it.each(homes)('%s keeps nothing', (_, spoil) => {
    const home = join(place, 'home')
    mkdirSync(home)
    spoil(home)
    expect(runAtHome(home)).toBe('one function FILE')
    expect(kept(home)).toBe(false)
  })
})
