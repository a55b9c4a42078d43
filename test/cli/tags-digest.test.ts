import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { layoutStore } from '../../src/store/layout.ts'
import type { Store } from '../../src/store/store.ts'
import { runCli } from '../helpers/cli.ts'
import { testClient } from '../helpers/client.ts'
import { makeImage, seed } from '../helpers/images.ts'
import { startServer, type TestServer } from '../helpers/server.ts'

const [image, other] = [makeImage(), makeImage()]
const { digest } = image.root
let server: TestServer
let store: Store
let broken = ''
beforeAll(async () => {
  server = await startServer({
    wrap: handler => (req, res) => {
      if (broken && req.url?.endsWith(`/manifests/${broken}`)) res.writeHead(400).end()
      else handler(req, res)
    },
  })
  store = (await (await testClient()).open(`${server.host}/demo/app`, { change: true })).store
  for (const tag of ['1.0', '1.0.1', 'latest', 'stable']) await seed(store, image, tag)
  for (const tag of ['2.0', 'edge']) await seed(store, other, tag)
})
afterAll(() => server.close())

const regctl = (line: string) => runCli(line.replaceAll('REPO', store.location).replaceAll('DIGEST', digest).split(' '))

describe('the tags that share a digest', () => {
  it.each<[string, string[]]>([
    ['tags REPO --digest DIGEST', ['1.0', '1.0.1', 'latest', 'stable']],
    ['tags REPO:latest --same', ['1.0', '1.0.1', 'latest', 'stable']],
    ['tags REPO@DIGEST --same', ['1.0', '1.0.1', 'latest', 'stable']],
    ['ls REPO:edge --same', ['2.0', 'edge']],
    ['tags REPO:latest --same --jobs 1', ['1.0', '1.0.1', 'latest', 'stable']],
    ['tags REPO:latest --same --filter 1.* --exclude *.1', ['1.0']],
    ['tags REPO:latest --same --semver ^1', ['1.0', '1.0.1']],
    ['tags REPO:latest --same --latest', ['1.0.1']],
    ['tags REPO:latest --same --limit 2', ['1.0', '1.0.1']],
    ['tags REPO:latest --same --reverse --limit 2', ['stable', 'latest']],
    [`tags REPO --digest sha256:${'0'.repeat(64)}`, []],
  ])('%s', async (line, expected) => {
    const { code, stdout, stderr } = await regctl(line)
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: expected.map(tag => `${tag}\n`).join(''), stderr: '' })
    const json = JSON.parse((await regctl(`${line} --json`)).stdout)
    expect(json.tags.map(({ name }: { name: string }) => name)).toEqual(expected)
  })

  it('--json tells the digest, and --long everything', async () => {
    const { stdout } = await regctl('tags REPO:stable --same --json --limit 1')
    expect(JSON.parse(stdout)).toEqual({ repository: store.location, digest, tags: [{ name: '1.0', digest }] })
    const long = JSON.parse((await regctl('tags REPO:stable --same --long --json --limit 1')).stdout)
    expect(long.tags).toMatchObject([{ name: '1.0', digest, platforms: ['linux/amd64'] }])
    expect((await regctl('tags REPO:stable --same --long')).stdout).toMatch(/^TAG +DIGEST/)
  })

  it('costs one HEAD a tag', async () => {
    server.requests.length = 0
    await regctl('tags REPO --digest DIGEST')
    const asked = server.requests.map(({ method, url }) => `${method} ${url.replace(/^.*\//, '')}`)
    expect(asked.sort()).toEqual(
      ['GET list?n=1000', ...['1.0', '1.0.1', '2.0', 'edge', 'latest', 'stable'].map(tag => `HEAD ${tag}`)].sort(),
    )
  })

  it('tells of a tag that cannot be looked up, and ends with 8', async () => {
    broken = '1.0'
    const { code, stdout, stderr } = await regctl('tags REPO:latest --same')
    const json = await regctl('tags REPO:latest --same --json')
    broken = ''
    expect({ code, stdout }).toEqual({ code: 8, stdout: '1.0.1\nlatest\nstable\n' })
    expect(stderr).toContain(`1.0 of ${store.location} cannot be looked up`)
    expect(json.code).toBe(8)
    expect(JSON.parse(json.stdout)).toMatchObject({ unread: [{ name: '1.0', error: { code: 'FAILED' } }] })
  })
})

it('in an OCI layout too', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'regctl-same-'))
  for (const tag of ['v1', 'v2']) await seed(layoutStore(folder), image, tag)
  await seed(layoutStore(folder), other, 'v3')
  for (const line of [`tags oci:${folder}:v2 --same`, `tags oci:${folder} --digest DIGEST`])
    expect((await regctl(line)).stdout).toBe('v1\nv2\n')
  rmSync(folder, { recursive: true })
})

it.each([
  ['tags REPO --digest x', 2, 'is not a digest'],
  ['tags REPO --digest sha256:short', 2, 'is not a digest'],
  ['tags REPO --digest DIGEST --same', 2, '--same'],
  ['tags REPO:1.0 --digest DIGEST', 2, 'is not a repository'],
  ['tags REPO:nobody --same', 3, 'there is no tag nobody'],
  ['tags REPO/none --digest DIGEST', 3, 'there is no'],
])('%s ends with %i', async (line, exit, message) => {
  const { code, stdout, stderr } = await regctl(line)
  expect({ code, stdout }).toEqual({ code: exit, stdout: '' })
  expect(stderr).toContain(message)
})
