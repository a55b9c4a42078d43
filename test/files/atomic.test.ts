import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { isTemporary, removeLeftovers, temporaryBeside, writeAtomic, writeBeside } from '../../src/files/atomic.ts'

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

  it('T17: what is not finished yet is for nobody else to read, however the file itself is', async () => {
    const old = process.umask(0)
    const seen: number[] = []
    try {
      const path = await writeBeside(
        join(dir, 'f'),
        async file => {
          seen.push((await file.stat()).mode & 0o777)
          await file.writeFile('x')
        },
        0o644,
      )
      seen.push((await stat(path)).mode & 0o777)
    } finally {
      process.umask(old)
    }
    expect(seen).toEqual([0o600, 0o644])
  })

  it('leaves nothing behind when it cannot be filled', async () => {
    await writeFile(join(dir, 'f'), 'old')
    await expect(writeBeside(join(dir, 'f'), () => Promise.reject(new Error('torn')))).rejects.toThrow('torn')
    expect(await readdir(dir)).toEqual(['f'])
    expect(await readFile(join(dir, 'f'), 'utf8')).toBe('old')
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

  it('leaves the old file and nothing else when it fails', async () => {
    await mkdir(join(dir, 'folder'))
    await expect(writeAtomic(join(dir, 'folder'), 'new')).rejects.toThrow()
    expect(await readdir(dir)).toEqual(['folder'])
  })

  it('gives two writers at once two temporary files: one of them wins, whole', async () => {
    const texts = Array.from({ length: 20 }, (_, at) => `${at}`.repeat(50_000))
    await Promise.all(texts.map(text => writeAtomic(join(dir, 'f'), text)))
    expect(texts).toContain(await readFile(join(dir, 'f'), 'utf8'))
    expect(await readdir(dir)).toEqual(['f'])
  })
})

describe('removeLeftovers', () => {
  it('removes old temporary files, no young ones, no others', async () => {
    const [old, young] = [temporaryBeside(join(dir, 'a')), temporaryBeside(join(dir, 'a'))]
    expect([dirname(old), isTemporary(basename(old))]).toEqual([dir, true])
    const other = join(dir, 'a.json')
    for (const path of [old, young, other]) await writeFile(path, 'x')
    for (const path of [old, other]) await utimes(path, 1, 1)
    const folder = temporaryBeside(join(dir, 'b'))
    await mkdir(folder)
    await utimes(folder, 1, 1)
    await removeLeftovers(dir)
    expect(await readdir(dir)).not.toContain(basename(old))
    expect(await readdir(dir)).toEqual(expect.arrayContaining([basename(young), basename(folder), 'a.json']))
  })
})
