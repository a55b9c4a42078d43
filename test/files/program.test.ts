import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { findProgram } from '../../src/files/program.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'regctl-program-'))
  await mkdir(join(folder, 'empty', 'tool'), { recursive: true })
  await mkdir(join(folder, 'plain'))
  await mkdir(join(folder, 'bin'))
  await writeFile(join(folder, 'plain', 'tool'), '')
  await writeFile(join(folder, 'bin', 'tool'), '')
  await chmod(join(folder, 'bin', 'tool'), 0o755)
})

afterAll(() => rm(folder, { recursive: true, force: true }))

// What is a folder or may not be run is passed over; of a PATH that names the working directory nothing is taken.
it.each([
  [['bin'], 'bin/tool'],
  [['empty', 'plain', 'bin'], 'bin/tool'],
  [['empty', 'plain'], undefined],
  [[], undefined],
])('finds in %j: %j', async (folders, found) => {
  const path = folders.map(name => join(folder, name)).join(':')
  expect(await findProgram('tool', path)).toBe(found && join(folder, found))
})

it('T21: looks in absolute folders alone', async () => {
  const path = ['', '.', relative(process.cwd(), join(folder, 'bin'))].join(':')
  expect(await findProgram('tool', path)).toBeUndefined()
})
