import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { checkWithin, writeWithin } from '../../src/files/within.ts'

let root: string
let folder: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'regctl-within-'))
  folder = join(root, 'out')
})
const fill = async (file: FileHandle) => void (await file.writeFile('new'))
const write = (path: string, overwrite = false) => writeWithin(folder, path.split('/'), { fill, overwrite })
const read = (path: string) => readFileSync(join(root, path), 'utf8')
/** Everything below the root, links as links. */
const everything = () => readdirSync(root, { recursive: true, encoding: 'utf8' }).sort()

it('makes the folders and the file, and leaves nothing else', async () => {
  await write('a/b/c.txt')
  expect(read('out/a/b/c.txt')).toBe('new')
  expect(everything()).toEqual(['out', 'out/a', 'out/a/b', 'out/a/b/c.txt'])
})

it('takes a name of 255 bytes', async () => {
  await write('x'.repeat(255))
  expect(everything()).toHaveLength(2)
})

it('follows the link that the folder itself is: its owner put it there', async () => {
  mkdirSync(join(root, 'real'))
  symlinkSync(join(root, 'real'), folder)
  await write('a.txt')
  expect(read('real/a.txt')).toBe('new')
})

it('leaves nothing when filling fails', async () => {
  const failing = writeWithin(folder, ['a.txt'], {
    fill: async file => {
      await file.writeFile('half')
      throw new Error('no')
    },
  })
  await expect(failing).rejects.toThrow('no')
  expect(everything()).toEqual(['out'])
})

it('lets only one of two writers have a name', async () => {
  const outcomes = await Promise.allSettled([write('a.txt'), write('a.txt'), write('a.txt')])
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect(everything()).toEqual(['out', 'out/a.txt'])
})

describe('T9: nothing outside the folder', () => {
  beforeEach(() => {
    mkdirSync(folder)
    mkdirSync(join(root, 'outside'))
    writeFileSync(join(root, 'outside/secret'), 'old')
    symlinkSync('../outside', join(folder, 'link'))
    symlinkSync('../outside/secret', join(folder, 'file'))
    symlinkSync('nowhere', join(folder, 'dangling'))
    writeFileSync(join(folder, 'plain'), 'old')
    mkdirSync(join(folder, 'dir'))
  })

  it.each([
    ['link/x', false, 'REFUSED', /link is a symlink: nothing is written below it/],
    ['link/x', true, 'REFUSED', /link is a symlink/],
    ['link/secret', true, 'REFUSED', /link is a symlink/],
    ['dangling/x', false, 'REFUSED', /dangling is a symlink/],
    ['plain/x', false, 'REFUSED', /plain is no folder/],
    ['file', false, 'EXISTS', /is there already/],
    ['dangling', false, 'EXISTS', /is there already/],
    ['plain', false, 'EXISTS', /is there already/],
    ['dir', false, 'EXISTS', /is there already/],
    ['dir', true, 'REFUSED', /dir is a folder and cannot be replaced/],
  ])('%s with overwrite %s is %s', async (path, overwrite, code, said) => {
    const before = everything()
    await expect(write(path, overwrite)).rejects.toMatchObject({ code, message: expect.stringMatching(said) })
    await expect(checkWithin(folder, path.split('/'), { overwrite })).rejects.toMatchObject({ code })
    expect(everything()).toEqual(before)
    expect([read('outside/secret'), read('out/plain')]).toEqual(['old', 'old'])
  })

  it('replaces a link itself with overwrite, never what it points to', async () => {
    await write('file', true)
    await write('plain', true)
    expect([read('outside/secret'), read('out/file'), read('out/plain')]).toEqual(['old', 'new', 'new'])
    expect(readlinkSync(join(folder, 'dangling'))).toBe('nowhere')
    expect(existsSync(join(folder, 'nowhere'))).toBe(false)
  })
})

it('finds nothing against a name in a folder that is not there', async () => {
  await expect(checkWithin(folder, ['a', 'b'])).resolves.toBeUndefined()
  expect(everything()).toEqual([])
})
