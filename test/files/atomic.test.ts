import { chmod, lstat, mkdtemp, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { writeAtomic } from '../../src/files/atomic.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'regctl-atomic-'))
})

describe('writeAtomic', () => {
  it('makes the file and its folders with the modes asked for, whatever the umask', async () => {
    const old = process.umask(0)
    await writeAtomic(join(dir, 'a/b/secret'), 'x', { mode: 0o600, folderMode: 0o700 })
    process.umask(old)
    expect((await stat(join(dir, 'a/b/secret'))).mode & 0o777).toBe(0o600)
    expect((await stat(join(dir, 'a/b'))).mode & 0o777).toBe(0o700)
  })

  it('keeps the mode of a file that is there, and leaves nothing else behind', async () => {
    await writeFile(join(dir, 'f'), 'old')
    await chmod(join(dir, 'f'), 0o640)
    await writeAtomic(join(dir, 'f'), Buffer.from('new'), { mode: 0o600 })
    expect((await stat(join(dir, 'f'))).mode & 0o777).toBe(0o640)
    expect(await readdir(dir)).toEqual(['f'])
  })

  it('writes through a symlink and leaves the link', async () => {
    await writeFile(join(dir, 'real'), 'old')
    await symlink(join(dir, 'real'), join(dir, 'link'))
    await writeAtomic(join(dir, 'link'), 'new')
    expect((await lstat(join(dir, 'link'))).isSymbolicLink()).toBe(true)
    expect(await readFile(join(dir, 'real'), 'utf8')).toBe('new')
  })
})
