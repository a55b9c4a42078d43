import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { beforeEach, describe, expect, it } from 'vitest'
import { editConfig, parseConfig, readConfig } from '../../src/credentials/config-file.ts'
import { temporary } from './fake-helpers.ts'

let dir: string
let file: string
beforeEach(async () => {
  dir = await temporary()
  file = join(dir, 'config.json')
})

describe('reading', () => {
  it.each([
    ['a mistake', '{\n\t"auths": {\n\t\t"canary": canary\n\t}\n}', 'f:3:13'],
    ['a trailing comma', '{\n"canary": 1,\n}', 'f:3:1'],
    ['a comment', '{\n  // canary\n}', 'f:2:3'],
    ['an end too soon', '{"canary": "x"', 'f:1:15'],
    ['no object', '["canary"]', 'f:1:1'],
  ])('T15: %s is told by line and column, and nothing of the text', async (_, text, place) => {
    const error = await parseConfig(text, 'f').catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(place) })
    expect(inspect(error, { showHidden: true })).not.toContain('canary')
  })

  it('a document nested a hundred thousand deep and broken is refused, not a crash', async () => {
    await expect(parseConfig('{"a":'.repeat(100_000), 'f')).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  it.each([
    ['missing', undefined],
    ['empty', ''],
    ['blank', ' \n'],
    ['with a byte order mark', '\uFEFF{}'],
  ])('a file that is %s holds nothing', async (_, text) => {
    if (text !== undefined) await writeFile(file, text)
    expect(await readConfig(file)).toEqual({})
  })

  it('an endless file is cut off', async () => {
    await expect(readConfig('/dev/zero')).rejects.toThrow('/dev/zero is larger than 4194304 bytes')
  })

  it('a folder in its place is an error', async () => {
    await expect(readConfig(dir)).rejects.toThrow(/could not be read: EISDIR/)
  })
})

describe('editing', () => {
  const addX = () => [{ path: ['x'], value: 1 }]

  it('T17: a new file is 0600 in new folders of 0700, whatever the umask', async () => {
    const old = process.umask(0)
    await editConfig(join(dir, 'a/b/config.json'), addX).finally(() => process.umask(old))
    expect((await stat(join(dir, 'a/b/config.json'))).mode & 0o777).toBe(0o600)
    expect((await stat(join(dir, 'a/b'))).mode & 0o777).toBe(0o700)
    expect(await readdir(join(dir, 'a/b'))).toEqual(['config.json'])
  })

  it('T17: an existing file keeps its mode and its symlink', async () => {
    await mkdir(join(dir, 'real'), { mode: 0o700 })
    await writeFile(join(dir, 'real/f'), '{}')
    await chmod(join(dir, 'real/f'), 0o640)
    await symlink(join(dir, 'real/f'), file)
    await editConfig(file, addX)
    expect((await stat(join(dir, 'real/f'))).mode & 0o777).toBe(0o640)
    expect(await readFile(join(dir, 'real/f'), 'utf8')).toBe('{\n\t"x": 1\n}')
    expect(await readdir(dir)).toEqual(['config.json', 'real'])
  })

  it.each([0o770, 0o707, 0o1777])('T17: a folder of mode %o is refused', async mode => {
    await chmod(dir, mode)
    await expect(editConfig(file, addX)).rejects.toMatchObject({
      code: 'REFUSED',
      hint: expect.stringContaining('chmod go-w'),
    })
    expect(await readdir(dir)).toEqual([])
  })

  it('T17: the folder a symlink leads to counts too', async () => {
    await mkdir(join(dir, 'shared'))
    await chmod(join(dir, 'shared'), 0o777)
    await writeFile(join(dir, 'shared/f'), '{}')
    await symlink(join(dir, 'shared/f'), file)
    await expect(editConfig(file, addX)).rejects.toMatchObject({ code: 'REFUSED' })
  })

  it('T17: what is not edited keeps every byte, large numbers and order included', async () => {
    await writeFile(file, '{\n\t"z": 12345678901234567890,\n\t"10": [1,2],\n\t"2": 1.0\n}')
    await editConfig(file, addX)
    expect(await readFile(file, 'utf8')).toBe(
      '{\n\t"z": 12345678901234567890,\n\t"10": [1,2],\n\t"2": 1.0,\n\t"x": 1\n}',
    )
  })

  it('a corrupt file is left as it is', async () => {
    await writeFile(file, '{"a":')
    await expect(editConfig(file, addX)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    expect(await readFile(file, 'utf8')).toBe('{"a":')
  })

  it('a key that stands twice is refused, for readers would see the other one', async () => {
    await writeFile(file, '{"x":0,"x":2}')
    await expect(editConfig(file, addX)).rejects.toThrow(/stands twice/)
    expect(await readFile(file, 'utf8')).toBe('{"x":0,"x":2}')
  })

  it('no edits, no write', async () => {
    expect(await editConfig(file, () => [])).toBe(false)
    expect(await readdir(dir)).toEqual([])
  })
})
