import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

/** From the cellar up. Imports go down or stay in their room; rooms on one floor do not know each other. */
const floors = [
  ['model'],
  ['files'],
  ['config'],
  ['http', 'credentials'],
  ['auth', 'store'],
  ['registry'],
  ['artifact', 'copy', 'image', 'catalog', 'mirror'],
  ['sync', 'compose', 'server'],
  ['webhook', 'doctor'],
  ['client', 'output'],
  ['cli', 'index'],
  ['commands'],
]
const floorOf = new Map(floors.flatMap((rooms, floor) => rooms.map(room => [room, floor] as const)))

/** A library only these files may load. */
const owners: Record<string, RegExp> = {
  '@oclif/core': /^(cli|commands)\//,
  ora: /^(output|cli)\//,
  'cli-table3': /^output\//,
  got: /^http\/wire\.ts$/,
  keytar: /^credentials\/keychain\.ts$/,
  'tough-cookie': /^http\/cookies\.ts$/,
}

const src = resolve(import.meta.dirname, '../src')
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts'))
const specifiers = /(?:\bfrom\s+|\bimport\s*\(\s*|\bimport\s+)['"]([^'"]+)['"]/g

/** `model/digest.ts` is in room `model`, `client.ts` in room `client`. */
const roomOf = (file: string) => file.split('/')[0]?.replace(/\.ts$/, '') ?? ''

function climbs(from: string, to: string): boolean {
  const [below, above] = [floorOf.get(roomOf(to)), floorOf.get(roomOf(from))]
  if (roomOf(from) === roomOf(to)) return false
  return below === undefined || above === undefined || below >= above
}

describe('the house', () => {
  it.each(files)('%s is in a known room and imports only downwards', file => {
    expect(floorOf.has(roomOf(file)), `room ${roomOf(file)} is not on the list of floors`).toBe(true)
    const text = readFileSync(join(src, file), 'utf8')
    for (const [, target = ''] of text.matchAll(specifiers)) {
      if (target.startsWith('.')) {
        const to = relative(src, resolve(src, dirname(file), target))
        expect(climbs(file, to), `${file} must not import ${to}`).toBe(false)
      } else {
        const owner = Object.entries(owners).find(([name]) => target === name || target.startsWith(`${name}/`))
        if (owner) expect(file, `${target} belongs to ${owner[1]}`).toMatch(owner[1])
      }
    }
  })

  it.each(files.filter(file => !/^(config|cli|commands)\//.test(file)))(
    '%s leaves the environment to config and cli',
    file => {
      expect(readFileSync(join(src, file), 'utf8')).not.toMatch(/process\.env\b/)
    },
  )

  it('notices a climb, a neighbour and an unknown room', () => {
    expect(climbs('model/digest.ts', 'store/store.ts')).toBe(true)
    expect(climbs('auth/token.ts', 'store/store.ts')).toBe(true)
    expect(climbs('copy/copy.ts', 'attic/box.ts')).toBe(true)
    expect(climbs('copy/copy.ts', 'store/store.ts')).toBe(false)
  })

  it('keeps files small: median under 120 lines, none over 300', () => {
    const lengths = files.map(file => readFileSync(join(src, file), 'utf8').split('\n').length).sort((a, b) => a - b)
    expect(lengths.at(-1)).toBeLessThanOrEqual(300)
    expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThan(120)
  })
})
