import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { layoutStore } from '../../src/store/layout.ts'
import { runCli } from '../helpers/cli.ts'
import { makeImage, seed } from '../helpers/images.ts'

const folder = mkdtempSync(join(tmpdir(), 'regctl-delete-archive-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const layout = `oci:${join(folder, 'layout')}`
const archive = `docker-archive:${join(folder, 'app.tar')}`
const names = async () => (await runCli(['tags', archive])).stdout.trim().split('\n').sort()

beforeEach(async () => {
  rmSync(folder, { recursive: true, force: true })
  for (const tag of ['v1', 'v2']) await seed(layoutStore(join(folder, 'layout')), makeImage(), tag)
  await runCli(['copy', `${layout}:v1`, `${archive}:team/app:1`])
  await runCli(['tag', `${archive}:team/app:1`, 'latest'])
  await runCli(['copy', `${layout}:v2`, `${archive}:team/app:2`])
})

describe('in a Docker archive', () => {
  it('T28: an image is deleted only with all its names shown', async () => {
    const refused = await runCli(['delete', `${archive}:team/app:1`])
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain('would take along 2 tags: team/app:1, team/app:latest')
    expect(await names()).toEqual(['team/app:1', 'team/app:2', 'team/app:latest'])
    const { stdout } = await runCli(['delete', `${archive}:team/app:1`, '--yes'])
    expect(stdout).toMatch(
      /^deleted 1 manifest and 2 tags of .*\nsha256:[0-9a-f]+\n {2}team\/app:1\n {2}team\/app:latest\n$/,
    )
    expect(await names()).toEqual(['team/app:2'])
  })

  it('T28: a pattern keeps an image that another name needs', async () => {
    const { stdout } = await runCli(['delete', archive, '--tags', 'team/*:{1,2}', '--yes'])
    expect(stdout).toContain('stays: team/app:1')
    expect(stdout).toContain('also needed by team/app:latest')
    expect(await names()).toEqual(['team/app:1', 'team/app:latest'])
  })

  it('a pattern takes names alone with --tag-only', async () => {
    await runCli(['delete', archive, '--tags', 'team/*:latest', '--tag-only', '--yes'])
    expect(await names()).toEqual(['team/app:1', 'team/app:2'])
  })

  it('names are chosen by a pattern', async () => {
    const { stdout } = await runCli(['tags', archive, '--filter', 'team/*:[0-9]', '--exclude', '*/*:2'])
    expect(stdout).toBe('team/app:1\n')
  })

  it('names that share an image are found', async () => {
    const { stdout } = await runCli(['tags', `${archive}:team/app:1`, '--same'])
    expect(stdout.trim().split('\n').sort()).toEqual(['team/app:1', 'team/app:latest'])
  })

  it('names that share an image are chosen by a pattern', async () => {
    const { stdout } = await runCli(['tags', `${archive}:team/app:1`, '--same', '--filter', 'team/*:[0-9]'])
    expect(stdout).toBe('team/app:1\n')
  })
})
