import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { isPlainFolder, makePlainFolder, openPlain, readPlain, sizeOfPlain } from '../../src/store/plain-files.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'regctl-plain-'))
  await writeFile(join(dir, 'file'), 'content')
  await mkdir(join(dir, 'folder'))
  await symlink('file', join(dir, 'link'))
  await symlink('folder', join(dir, 'link-to-folder'))
  await symlink('nowhere', join(dir, 'broken'))
  execFileSync('mkfifo', [join(dir, 'pipe')])
})
const at = (name: string) => join(dir, name)

describe('a file', () => {
  it('is opened, read and measured', async () => {
    const file = await openPlain(at('file'))
    expect((await file?.readFile())?.toString()).toBe('content')
    await file?.close()
    expect((await readPlain(at('file'), 7))?.toString()).toBe('content')
    expect(await sizeOfPlain(at('file'))).toBe(7)
  })

  it('that is not there is nothing', async () => {
    const all = [openPlain(at('none')), readPlain(at('none'), 1), sizeOfPlain(at('none'))]
    expect(await Promise.all(all)).toEqual([undefined, undefined, undefined])
  })

  it('T12: that is larger than it may be is not read', async () =>
    await expect(readPlain(at('file'), 6)).rejects.toThrow('has 7 bytes, more than the 6 allowed here'))

  it.each(['folder', 'link', 'link-to-folder', 'broken', 'pipe'])('T9: that is a %s is refused', async name => {
    for (const work of [openPlain, sizeOfPlain, (path: string) => readPlain(path, 100)])
      await expect(work(at(name))).rejects.toMatchObject({
        code: 'CONTENT_INVALID',
        message: `${at(name)} is a symlink or a special file, which an image layout must not hold`,
      })
  })
})

describe('a folder', () => {
  it('is there, or is made once', async () => {
    expect([await isPlainFolder(at('folder')), await isPlainFolder(at('new'))]).toEqual([true, false])
    expect([await makePlainFolder(at('folder')), await makePlainFolder(at('new'))]).toEqual([false, true])
    expect(await readdir(at('new'))).toEqual([])
  })

  it('that two make at once is made by one', async () => {
    const made = await Promise.all(Array.from({ length: 10 }, () => makePlainFolder(at('new'))))
    expect(made.filter(Boolean)).toHaveLength(1)
  })

  it.each(['file', 'link', 'link-to-folder', 'broken', 'pipe'])('T9: that is a %s is refused', async name => {
    for (const work of [isPlainFolder, makePlainFolder])
      await expect(work(at(name))).rejects.toMatchObject({ code: 'CONTENT_INVALID' })
  })

  it('whose parent is not there is an error of the system', async () =>
    await expect(makePlainFolder(at('none/new'))).rejects.toMatchObject({ code: 'ENOENT' }))
})
