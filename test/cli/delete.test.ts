import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { layoutStore } from '../../src/store/layout.ts'
import type { Store } from '../../src/store/store.ts'
import { runCli } from '../helpers/cli.ts'
import { testClient } from '../helpers/client.ts'
import { makeImage, seed } from '../helpers/images.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { collect } from '../store/contract.ts'

const [image, other] = [makeImage(), makeImage()]
const { digest } = image.root
let server: TestServer
let store: Store
let noTags = false
let noDelete = false
beforeAll(async () => {
  server = await startServer({
    wrap: handler => (req, res) => {
      if (req.method === 'DELETE' && noDelete) res.writeHead(405).end('{"errors":[{"code":"UNSUPPORTED"}]}')
      else if (req.method === 'DELETE' && noTags && !req.url?.includes('sha256:'))
        res.writeHead(400).end('{"errors":[{"code":"DIGEST_INVALID"}]}')
      else handler(req, res)
    },
  })
})
afterAll(() => server.close())
let at = 0
beforeEach(async () => {
  const client = await testClient()
  store = (await client.open(`${server.host}/demo/app-${at++}`, { change: true })).store
  for (const tag of ['1.0', 'latest', 'stable']) await seed(store, image, tag)
  await seed(store, other, '2.0')
  server.requests.length = 0
})
afterEach(() => {
  noTags = false
  noDelete = false
})

const regctl = (line: string) => runCli(line.replaceAll('REPO', store.location).replaceAll('DIGEST', digest).split(' '))
const tags = async () => (await collect(store.tags())).sort()
const writes = () => server.requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD').length

describe('T28: deleting an image', () => {
  it.each([
    'delete REPO:1.0',
    'delete REPO@DIGEST',
    'rm REPO:stable',
    'delete docker://REPO:1.0',
    'image delete REPO:1.0',
    'delete REPO:1.0 -q',
  ])('%s: off a terminal it refuses, with all three tags', async line => {
    const { code, stdout, stderr } = await regctl(line)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toBe(
      `${digest}\n  1.0\n  latest\n  stable\n` +
        `error: nothing was deleted: ${store.location}@${digest} would take along 3 tags: 1.0, latest, stable\nhint: agree with --yes\n`,
    )
    expect(writes()).toBe(0)
  })

  it('--yes deletes the digest that was looked at, and the three tags are gone', async () => {
    const { code, stdout } = await regctl('delete REPO:1.0 --yes')
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `deleted 1 manifest and 3 tags of ${store.location}\n${digest}\n  1.0\n  latest\n  stable\n`,
    })
    expect(server.requests.filter(({ method }) => method === 'DELETE').map(({ url }) => url)).toEqual([
      expect.stringContaining(`/manifests/${digest}`),
    ])
    expect(await tags()).toEqual(['2.0'])
  })

  it('--json', async () => {
    const { stdout } = await regctl('delete REPO:1.0 --yes --json')
    const doomed = { ...image.root, tags: ['1.0', 'latest', 'stable'], partOf: [] }
    expect(JSON.parse(stdout)).toEqual({ repository: store.location, manifests: [doomed], tags: doomed.tags })
  })

  it('where deletion is off: nothing is changed, and it says what to configure', async () => {
    noDelete = true
    const { code, stderr } = await regctl('delete REPO:1.0 --yes')
    expect(code).toBe(1)
    expect(stderr).toContain(`error: ${server.host} does not remove manifests: ${store.location} stays as it is\n`)
    expect(stderr).toContain('REGISTRY_STORAGE_DELETE_ENABLED=true')
    expect(await tags()).toHaveLength(4)
  })
})

describe('T28: deleting by pattern', () => {
  it('is a dry run, and keeps what a tag outside the pattern names', async () => {
    const { code, stdout } = await regctl('delete REPO --tags ?.0')
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: [
        `would delete 1 manifest and 1 tag of ${store.location}`,
        other.root.digest,
        '  2.0',
        `stays: 1.0 (${digest.slice(0, 19)}), which is also needed by latest, stable`,
        'a dry run: add --yes to delete\n',
      ].join('\n'),
    })
    expect(writes()).toBe(0)
  })

  it('tells on stderr how many tags it has looked up', async () => {
    const { stderr } = await runCli(['delete', store.location, '--tags', '1.*', '--progress', 'json'])
    const events = stderr
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(events).toEqual([1, 2, 3, 4].map(count => ({ type: 'tags', count })))
  })

  it('--yes does what the dry run said', async () => {
    const dry = JSON.parse((await regctl('delete REPO --tags * --exclude 2* --json')).stdout)
    expect(dry).toMatchObject({ dryRun: true, tags: ['1.0', 'latest', 'stable'] })
    const { dryRun: _, ...planned } = dry
    expect(JSON.parse((await regctl('delete REPO --tags * --exclude 2* --yes --json')).stdout)).toEqual(planned)
    expect(await tags()).toEqual(['2.0'])
  })

  it('--tag-only takes only the tags', async () => {
    expect((await regctl('delete REPO --tags ?.0 --tag-only')).stdout).toBe(
      `would delete the tags 1.0, 2.0 of ${store.location}\na dry run: add --yes to delete\n`,
    )
    expect(writes()).toBe(0)
    expect((await regctl('delete REPO --tags ?.0 --tag-only --yes')).stdout).toBe(
      `deleted the tags 1.0, 2.0 of ${store.location}\n`,
    )
    expect(await tags()).toEqual(['latest', 'stable'])
    expect(await store.resolve(other.root.digest)).toEqual(other.root)
  })
})

it('T27, T28: nothing that changes a repository is asked of its mirror', async () => {
  const mirror = await startServer()
  const old = makeImage()
  const path = store.location.slice(server.host.length + 1)
  for (const tag of ['1.0', 'latest', 'stable']) await seed(await mirror.repositories.create(path), old, tag)
  const folder = mkdtempSync(join(tmpdir(), 'regctl-delete-'))
  const config = join(folder, 'config.json')
  const hosts = { [server.host]: { mirrors: [{ url: `http://${mirror.host}`, resolve: true }] } }
  writeFileSync(config, JSON.stringify({ hosts }))
  const run = (line: string) =>
    runCli(line.replaceAll('REPO', store.location).split(' '), { env: { REGCTL_CONFIG: config } })
  // It is in use: reading goes there.
  expect((await run('digest REPO:1.0')).code).toBe(0)
  expect(mirror.requests.length).toBeGreaterThan(0)
  mirror.requests.length = 0
  for (const line of [
    'tag REPO:1.0 new',
    'delete REPO --tags *',
    'delete REPO:1.0',
    'delete --tag-only REPO:new',
    'delete REPO:1.0 --yes',
  ])
    expect([line, (await run(line)).code]).toEqual([line, line === 'delete REPO:1.0' ? 2 : 0])
  await mirror.close()
  rmSync(folder, { recursive: true })
  expect(mirror.requests).toEqual([])
  expect(await tags()).toEqual(['2.0'])
})

describe('a single tag', () => {
  it.each(['delete --tag-only REPO:1.0', 'tag rm REPO:1.0', 'tag delete REPO:1.0'])('%s', async line => {
    const { code, stdout } = await regctl(line)
    expect({ code, stdout }).toEqual({ code: 0, stdout: `deleted the tag 1.0 of ${store.location}\n` })
    expect(await tags()).toEqual(['2.0', 'latest', 'stable'])
  })

  it('T28: where the registry cannot, nothing is changed, and it says what to do', async () => {
    noTags = true
    const { code, stderr } = await regctl('tag rm REPO:1.0')
    expect(code).toBe(1)
    expect(stderr).toContain(
      `error: ${server.host} cannot remove a single tag: ${store.location}:1.0 stays as it is\nhint: removing by digest`,
    )
    expect(await tags()).toHaveLength(4)
  })

  it('T28: --dummy-manifest says so of a pattern too', async () => {
    noTags = true
    const { stdout, stderr } = await regctl('delete --tag-only --dummy-manifest REPO --tags ?.0 --yes')
    expect(stderr).toContain(`where a tag of ${store.location} cannot be removed alone`)
    expect(stdout).toBe(`deleted the tags 1.0, 2.0 of ${store.location}\n`)
    expect(await tags()).toEqual(['latest', 'stable'])
    for (const { root } of [image, other]) expect(await store.resolve(root.digest)).toEqual(root)
  })

  it('T28: --dummy-manifest says what it does, and the siblings stay', async () => {
    noTags = true
    const { code, stdout, stderr } = await regctl('delete --tag-only --dummy-manifest REPO:1.0 --json')
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      { repository: store.location, manifests: [], tags: ['1.0'], way: 'stand-in' },
    ])
    expect(stderr).toContain('an empty image takes its place and is deleted by its own digest')
    expect(await tags()).toEqual(['2.0', 'latest', 'stable'])
    expect(await store.resolve('latest')).toEqual(image.root)
  })
})

describe('wrong usage', () => {
  it.each([
    ['delete', 2, 'regctl delete needs IMAGE'],
    ['delete REPO', 2, 'names no tag and no digest'],
    ['delete REPO --yes', 2, 'names no tag and no digest'],
    ['delete oci:folder --yes', 2, 'names no tag and no digest'],
    ['delete REPO@sha256:short', 2, 'not a digest'],
    ['delete --tag-only REPO@DIGEST', 2, '--tag-only removes a tag'],
    ['delete REPO:1.0 --dummy-manifest', 2, '--tag-only'],
    ['delete REPO:1.0 --exclude x', 2, '--tags'],
    ['delete REPO:1.0 --tags x', 2, 'not a repository'],
    ['delete REPO --tags [', 2, 'is not a pattern for tags'],
    ['delete REPO:1.0 REPO:2.0', 2, 'does not take'],
    ['delete REPO:nobody --yes', 3, 'there is no tag nobody'],
    ['delete --tag-only REPO:nobody', 3, 'there is no tag nobody'],
    ['delete REPO/none:x --yes', 3, 'there is no'],
    ['delete REPO/none --tags * --yes', 3, 'there is no'],
    ['tag', 2, 'needs IMAGE and TAG'],
    ['tag REPO:1.0', 2, 'needs TAG'],
    ['tag REPO:1.0 -- -x', 2, 'is no tag'],
    ['tag REPO:1.0 other/app:2', 2, 'is in another repository than'],
    ['tag REPO:1.0 REPO@DIGEST', 2, 'is no tag'],
    ['tag REPO:nobody x', 3, 'there is no tag nobody'],
    ['tag oci:no-such-folder:x y', 3, 'no image layout in no-such-folder'],
  ])('%s ends with %i', async (line, exit, message) => {
    const { code, stdout, stderr } = await regctl(line)
    expect({ code, stdout }).toEqual({ code: exit, stdout: '' })
    expect(stderr).toContain(message)
    expect(await tags()).toEqual(['1.0', '2.0', 'latest', 'stable'])
    expect(await store.resolve('2.0')).toEqual(other.root)
  })

  it.each(['delete REPO:nobody', 'delete --tag-only REPO:nobody', 'delete REPO/none:x'])(
    '%s --ignore-missing is none',
    async line => {
      const { code, stdout } = await regctl(`${line} --ignore-missing`)
      expect(code).toBe(0)
      expect(stdout).toMatch(/^there is no .*: nothing to delete\n$/)
    },
  )
})

describe('tag', () => {
  it('says what was new, what was moved, and what was right', async () => {
    const { code, stdout } = await regctl('tag REPO:1.0 REPO:1 2.0 latest')
    const { location } = store
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: [
        digest,
        `${location}:1`,
        `${location}:2.0 moved from ${other.root.digest.slice(0, 19)}`,
        `${location}:latest unchanged\n`,
      ].join('\n'),
    })
    expect(await store.resolve('2.0')).toEqual(image.root)
  })

  it('--json', async () => {
    const { stdout } = await regctl('tag REPO@DIGEST new --json')
    expect(JSON.parse(stdout)).toEqual({
      reference: `${store.location}@${digest}`,
      repository: store.location,
      ...image.root,
      tags: [{ tag: 'new', outcome: 'new' }],
    })
  })
})

describe('in an OCI layout', () => {
  it('tags, removes a tag, deletes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'regctl-delete-'))
    const layout = layoutStore(folder)
    await seed(layout, image, 'v1')
    const run = async (line: string) => {
      const { code, stdout, stderr } = await runCli(line.replaceAll('DIR', `oci:${folder}`).split(' '))
      return [code, stdout.replaceAll(folder, ''), stderr.replaceAll(folder, '')]
    }
    expect(await run('tag DIR v2 v3')).toEqual([0, `${digest}\noci::v2\noci::v3\n`, ''])
    expect((await run('delete --tag-only DIR:v2'))[0]).toBe(0)
    expect(await collect(layout.tags())).toEqual(['v1', 'v3'])
    expect((await run('delete DIR:v3'))[0]).toBe(2)
    expect(await run('delete DIR:v3 --yes')).toEqual([
      0,
      `deleted 1 manifest and 2 tags of oci:\n${digest}\n  v1\n  v3\n`,
      '',
    ])
    expect(await collect(layout.tags())).toEqual([])
    rmSync(folder, { recursive: true })
  })
})
