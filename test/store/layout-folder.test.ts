import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, it, vi } from 'vitest'
import { LayoutFolder } from '../../src/store/layout-folder.ts'
import * as plain from '../../src/store/plain-files.ts'

vi.mock(import('../../src/store/plain-files.ts'), { spy: true })

let path: string
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'regctl-folder-'))
})

it('is a layout also when another process makes it between the look at the marker and the look at the folder', async () => {
  await new LayoutFolder(path).prepare()
  vi.mocked(plain.readPlain).mockResolvedValueOnce(undefined)
  expect(await new LayoutFolder(path).exists()).toBe(true)
})

it('is none where files are and no marker', async () => {
  await writeFile(join(path, 'notes.txt'), 'mine')
  await expect(new LayoutFolder(path).exists()).rejects.toMatchObject({ code: 'CONTENT_INVALID' })
})
