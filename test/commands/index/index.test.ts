import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { layoutStore } from '../../../src/store/layout.ts'
import { runCli } from '../../helpers/cli.ts'
import { makeImage, seed } from '../../helpers/images.ts'

const folder = mkdtempSync(join(tmpdir(), 'regctl-index-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const [from, to] = ['from', 'to'].map(name => `oci:${join(folder, name)}`)
const amd64 = makeImage({ platform: 'linux/amd64' })
const arm64 = makeImage({ platform: 'linux/arm64' })

beforeAll(async () => {
  const store = layoutStore(join(folder, 'from'))
  await seed(store, amd64, 'amd64')
  await seed(store, arm64, 'arm64')
})

const run = (...args: string[]) => runCli(['index', ...args])
const json = async (...args: string[]) => {
  const { stdout, stderr } = await run(...args, '--json')
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

describe('wrong input', () => {
  it.each<[string, string[], number, string]>([
    ['no name', ['create'], 2, 'USAGE'],
    ['no image', ['create', `${to}:x`], 2, 'USAGE'],
    ['images for an empty one', ['create', `${to}:x`, `${from}:amd64`, '--empty'], 2, 'USAGE'],
    ['a bad name', ['create', 'UPPER/case', `${from}:amd64`], 2, 'REFERENCE_INVALID'],
    ['a digest for a name', ['create', `${to}@${amd64.root.digest}`], 2, 'USAGE'],
    ['an image that is not there', ['create', `${to}:x`, `${from}:missing`], 3, 'NOT_FOUND'],
    [
      'one platform twice',
      ['create', `${to}:x`, `${from}:amd64`, `${from}:arm64`, ...Array(2).fill('--desc-platform=linux/arm')],
      1,
      'EXISTS',
    ],
    [
      'a platform for some',
      ['create', `${to}:x`, `${from}:amd64`, `${from}:arm64`, '--desc-platform', 'linux/arm'],
      2,
      'USAGE',
    ],
    ['a platform it lacks', ['create', `${to}:x`, `${from}:amd64`, '--platform', 'linux/s390x'], 3, 'NOT_FOUND'],
    ['a bad platform', ['create', `${to}:x`, `${from}:amd64`, '--platform', '?'], 2, 'USAGE'],
    ['a bad format', ['create', `${to}:x`, `${from}:amd64`, '--format', 'rpm'], 2, 'USAGE'],
    ['OCI images for Docker', ['create', `${to}:x`, `${from}:amd64`, '--format', 'docker'], 2, 'USAGE'],
    ['a subject elsewhere', ['create', `${to}:x`, `${from}:amd64`, '--subject', `${from}:amd64`], 2, 'USAGE'],
    ['nothing to add', ['add', `${to}:x`], 2, 'USAGE'],
    ['an index that is not there', ['add', `${to}:missing`, `${from}:amd64`], 3, 'NOT_FOUND'],
    ['an image for an index', ['add', `${from}:amd64`, `${from}:arm64`], 2, 'USAGE'],
    ['nothing to remove', ['remove', `${from}:amd64`], 2, 'USAGE'],
    ['a digest that is none', ['remove', `${from}:amd64`, '--digest', 'sha256:0'], 2, 'USAGE'],
    ['an image to remove from', ['remove', `${from}:amd64`, '--platform', 'linux/amd64'], 2, 'USAGE'],
  ])('%s: index %j ends with %i', async (_what, args, exit, code) => {
    const { stdout, code: got } = await run(...args, '--json')
    expect([got, JSON.parse(stdout).error]).toMatchObject([exit, { code, exit }])
  })
})

it('makes an index, adds to it and takes from it', async () => {
  const { stdout, code } = await run('create', `${to}:v1`, `${from}:amd64`)
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^oci:.*to@sha256:[0-9a-f]{64}\n$/)])
  const added = await json('add', `${to}:v1`, `${from}:arm64`)
  expect(added).toMatchObject({
    reference: `${to}:v1`,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [
      { platform: 'linux/amd64', digest: amd64.root.digest },
      { platform: 'linux/arm64', digest: arm64.root.digest },
    ],
  })
  const again = await run('add', `${to}:v1`, `${from}:amd64`, '--desc-platform', 'linux/arm64')
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('--replace')])
  const removed = await json('remove', `${to}:v1`, '--platform', 'linux/amd64')
  expect(removed.manifests).toMatchObject([{ platform: 'linux/arm64' }])
  const { stdout: digest } = await runCli(['digest', `${to}:v1`])
  expect(digest.trim()).toBe(removed.digest)
})

it('makes an empty index only when asked, which index add fills', async () => {
  const place = `oci:${join(folder, 'empty')}`
  const refused = await run('create', place)
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/no image is named.*\nhint: .*--empty/)])
  expect((await json('create', place, '--empty')).manifests).toEqual([])
  expect((await json('add', place, `${from}:arm64`)).manifests).toMatchObject([{ platform: 'linux/arm64' }])
})

describe('a layout without a tag', () => {
  const layout = (name: string) => `oci:${join(folder, name)}`
  const digestOf = async (place: string) => (await runCli(['digest', place])).stdout.trim()

  it.each(['v1', 'latest'])('means the one index that is there, and its tag %s moves', async tag => {
    const place = layout(`one-${tag}`)
    await json('create', `${place}:${tag}`, `${from}:amd64`)
    const added = await json('add', place, `${from}:arm64`)
    expect(added.reference).toBe(`${place}:${tag}`)
    expect(await digestOf(`${place}:${tag}`)).toBe(added.digest)
    const removed = await json('remove', place, '--platform', 'linux/amd64')
    expect(await digestOf(place)).toBe(removed.digest)
    expect((await runCli(['tags', place])).stdout).toBe(`${tag}\n`)
  })

  it('of two names for one index asks which is to move', async () => {
    const place = layout('two')
    await json('create', `${place}:v1`, `${from}:amd64`)
    await runCli(['tag', place, 'stable'])
    const { code, stderr } = await run('add', place, `${from}:arm64`)
    expect([code, stderr]).toEqual([2, expect.stringMatching(/has 2 names.*\nhint: name it: .*:v1 or .*:stable/)])
  })

  it('of several indexes asks which', async () => {
    const place = layout('several')
    await json('create', `${place}:v1`, `${from}:amd64`)
    await json('create', `${place}:v2`, `${from}:arm64`)
    expect((await run('remove', place, '--platform', 'linux/amd64')).code).not.toBe(0)
  })
})
