import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { expect, it } from 'vitest'
import { parseConfigFile, readConfigFile } from '../../src/config/file.ts'

it('reads an empty file, and one that is not there, as no settings', async () => {
  expect((await parseConfigFile('', 'x')).hosts.size).toBe(0)
  expect((await readConfigFile('/nowhere/config.json')).hosts.size).toBe(0)
})

it('names a file that cannot be read', async () => {
  const folder = await mkdtemp(`${tmpdir()}/regctl-file-`)
  await expect(readConfigFile(folder)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: `could not read ${folder} (EISDIR)`,
  })
})
