import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { layoutStore } from '../../src/store/layout.ts'
import { runCli } from '../helpers/cli.ts'
import { makeImage, seed } from '../helpers/images.ts'

const folder = mkdtempSync(join(tmpdir(), 'regctl-tag-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const archive = `docker-archive:${join(folder, 'app.tar')}`

beforeAll(async () => {
  await seed(layoutStore(join(folder, 'layout')), makeImage(), 'v1')
  await runCli(['copy', `oci:${join(folder, 'layout')}:v1`, `${archive}:team/app:1`])
})

it.each<[string, string, string[]]>([
  ['a tag, beside that of the image', '2', ['team/app:1', 'team/app:2']],
  ['another name', 'other/app:1', ['other/app:1', 'team/app:1', 'team/app:2']],
  ['a name with its archive', `${archive}:app:3`, ['app:3', 'other/app:1', 'team/app:1', 'team/app:2']],
])('a Docker archive takes %s', async (_title, name, names) => {
  const { code, stderr } = await runCli(['tag', `${archive}:team/app:1`, name])
  expect([code, stderr]).toEqual([0, ''])
  const { stdout } = await runCli(['tags', archive])
  expect(stdout.trim().split('\n').sort()).toEqual(names)
})

it.each<[string, string[], string]>([
  ['a tag where no image is named', [archive, '2'], 'names no image that 2 could stand beside'],
  ['a digest', [`${archive}:team/app:1`, `app@sha256:${'0'.repeat(64)}`], 'is no name in docker-archive:'],
  ['a name in another archive', [`${archive}:team/app:1`, 'docker-archive:other.tar:a:1'], 'is no name in'],
])('a Docker archive does not take %s', async (_title, args, message) => {
  const { code, stderr } = await runCli(['tag', ...args])
  expect(code).toBe(2)
  expect(stderr).toContain(message)
})
