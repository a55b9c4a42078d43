import { mkdtempSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { descriptorOf } from '../../src/model/descriptor.ts'
import { mediaTypes } from '../../src/model/media-types.ts'
import { referrersTag } from '../../src/registry/referrers-tag.ts'
import { readManifest } from '../../src/store/read.ts'
import type { Store } from '../../src/store/store.ts'
import { testClient } from '../helpers/client.ts'
import { makeArtifact, makeImage, openBytes, type Sample, seed } from '../helpers/images.ts'
import { startRecorder } from '../helpers/recorder.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { collect } from '../store/contract.ts'

let server: Pick<TestServer, 'close' | 'host'> | undefined
afterEach(() => server?.close())

interface Odd {
  /** What the referrers API answers. */
  status?: number
  type?: string
  /** Looks at a request first; `true`: it has answered it. */
  first?: (req: IncomingMessage, res: ServerResponse) => boolean | Promise<boolean>
}

/** A registry as most were before 1.1: no referrers API, no OCI-Subject. */
async function withoutApi({ status = 404, type = 'application/json', first = () => false }: Odd = {}) {
  const started = await startServer({
    wrap: handler => async (req, res) => {
      if (req.url?.includes('/referrers/')) {
        res.writeHead(status, { 'content-type': type }).end('{}')
        return
      }
      const { setHeader } = res
      res.setHeader = (name, value) => (name.toLowerCase() === 'oci-subject' ? res : setHeader.call(res, name, value))
      if (!(await first(req, res))) handler(req, res)
    },
  })
  server = started
  const open = async (home?: string) =>
    (await (await testClient(home === undefined ? {} : { home })).open(`${started.host}/demo/app`, { write: true }))
      .store
  const store = await open()
  const subject = makeImage()
  await seed(store, subject, 'v1')
  return { store, subject, open, requests: started.requests, tag: referrersTag(subject.root.digest) }
}

const ofType = (artifactType: string, subject: Sample) => makeArtifact({ artifactType, subject: subject.root })
const digests = async (store: Store, subject: Sample) =>
  (await collect(store.referrers(subject.root))).map(({ digest }) => digest).sort()

describe('referrers by the tag schema (items 50, 61 to 67)', () => {
  it.each([
    [{ status: 404 }],
    [{ status: 400 }],
    [{ status: 403 }],
    [{ status: 405 }],
    [{ status: 200, type: 'text/html' }],
  ])('falls back where the API answers %o', async answer => {
    const { store, subject } = await withoutApi(answer)
    expect(await collect(store.referrers(subject.root))).toEqual([])
    const sbom = makeArtifact({ artifactType: 'application/vnd.sbom', subject: subject.root, annotations: { a: 'b' } })
    await seed(store, sbom)
    expect(await collect(store.referrers(subject.root))).toEqual([
      { ...sbom.root, artifactType: 'application/vnd.sbom', annotations: { a: 'b' } },
    ])
  })

  it('lists every one of many written at once in this process, each once', async () => {
    const { store, subject } = await withoutApi()
    const artifacts = Array.from({ length: 8 }, () =>
      makeArtifact({ artifactType: 'application/vnd.x', subject: subject.root }),
    )
    await Promise.all([...artifacts, ...artifacts].map(artifact => seed(store, artifact)))
    const listed = (await collect(store.referrers(subject.root))).map(({ digest }) => digest)
    expect(listed.sort()).toEqual(artifacts.map(({ root }) => root.digest).sort())
  })

  it('refuses to write over something else that has the tag', async () => {
    const { store, subject } = await withoutApi()
    const other = makeImage()
    await seed(store, other, referrersTag(subject.root.digest))
    expect(await collect(store.referrers(subject.root))).toEqual([])
    const artifact = makeArtifact({ artifactType: 'application/vnd.x', subject: subject.root })
    await expect(seed(store, artifact)).rejects.toMatchObject({
      code: 'FAILED',
      message: expect.stringContaining(referrersTag(subject.root.digest)),
    })
    expect((await store.resolve(referrersTag(subject.root.digest))).digest).toBe(other.root.digest)
  })

  it('leaves the list to a registry that keeps it: no tag is written', async () => {
    server = await startServer()
    const { store } = await (await testClient()).open(`${server.host}/demo/app`, { write: true })
    const subject = makeImage()
    await seed(store, subject, 'v1')
    await seed(store, makeArtifact({ artifactType: 'application/vnd.x', subject: subject.root }))
    expect(await collect(store.tags())).toEqual(['v1'])
  })

  it('keeps what it does not know in the list', async () => {
    const { store, subject } = await withoutApi()
    const list = Buffer.from(
      `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[],"annotations":{"kept":"yes"}}`,
    )
    await store.push(descriptorOf(list, 'application/vnd.oci.image.index.v1+json'), openBytes(list), {
      tag: referrersTag(subject.root.digest),
    })
    await seed(store, makeArtifact({ artifactType: 'application/vnd.x', subject: subject.root }))
    const index = await readManifest(store, await store.resolve(referrersTag(subject.root.digest)))
    expect(index.annotations).toEqual({ kept: 'yes' })
  })

  it('asks for the API once in a run where it is not there', async () => {
    const { store, subject, requests } = await withoutApi()
    await digests(store, subject)
    await digests(store, subject)
    expect(requests.filter(({ url }) => url.includes('/referrers/'))).toHaveLength(1)
  })

  it('does not take a failing registry for one without referrers', async () => {
    const { store, subject } = await withoutApi({ status: 501 })
    await expect(digests(store, subject)).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    const sbom = ofType('application/vnd.sbom', subject)
    await seed(store, sbom)
    expect(await digests(store, subject)).toEqual([sbom.root.digest])
  })

  it('takes a deleted manifest from the list, and the tag with the last one (item 68)', async () => {
    const { store, subject, tag } = await withoutApi()
    const [one, two] = [ofType('application/vnd.x', subject), ofType('application/vnd.x', subject)]
    await Promise.all([seed(store, one), seed(store, two)])
    await store.delete(one.root)
    expect(await digests(store, subject)).toEqual([two.root.digest])
    await store.delete(two.root)
    expect(await digests(store, subject)).toEqual([])
    expect(await collect(store.tags())).not.toContain(tag)
  })

  it('leaves an empty list where a tag cannot be removed (item 68)', async () => {
    const { store, subject, tag } = await withoutApi({
      first: (req, res) => {
        const isUntag = req.method === 'DELETE' && !req.url?.includes(':')
        if (isUntag) res.writeHead(405).end()
        return isUntag
      },
    })
    const one = ofType('application/vnd.x', subject)
    await seed(store, one)
    await store.delete(one.root)
    expect(await readManifest(store, await store.resolve(tag))).toMatchObject({ kind: 'index', manifests: [] })
  })
})

describe('two writers of one list (item 67)', () => {
  const isListPut = ({ method, url }: IncomingMessage, tag: string) => method === 'PUT' && url?.endsWith(`/${tag}`)

  it('writes an entry again that another writer has undone', async () => {
    let tag = ''
    let held: (() => void) | undefined
    let puts = 0
    const world = await withoutApi({
      first: async req => {
        if (!isListPut(req, tag) || ++puts > 1) return false
        // The first to write is overtaken by the second, and then writes over it what it had read before.
        await new Promise<void>(resolve => {
          held = resolve
        })
        return false
      },
    })
    tag = world.tag
    const [slow, quick] = [await world.open(), await world.open()]
    const [one, two] = [ofType('application/vnd.x', world.subject), ofType('application/vnd.x', world.subject)]
    const first = seed(slow, one)
    await expect.poll(() => held).toBeDefined()
    const second = seed(quick, two)
    await expect.poll(() => puts).toBe(2)
    held?.()
    await Promise.all([first, second])
    expect(await digests(world.store, world.subject)).toEqual([one.root.digest, two.root.digest].sort())
    expect(puts).toBeGreaterThan(2)
  })

  it('lets runs of one account read and write it one after the other', async () => {
    const home = mkdtempSync(join(tmpdir(), 'regctl-lists-'))
    let tag = ''
    const asked: string[] = []
    const world = await withoutApi({
      first: async req => {
        if (!req.url?.endsWith(`/${tag}`)) return false
        asked.push(req.method ?? '')
        // Long enough for the other to read in between, if it could.
        await wait(100)
        return false
      },
    })
    tag = world.tag
    const stores = await Promise.all([world.open(home), world.open(home)])
    await Promise.all(stores.map(store => seed(store, ofType('application/vnd.x', world.subject))))
    expect(asked.join(' ')).toMatch(/^GET PUT GET PUT /)
    expect(await digests(world.store, world.subject)).toHaveLength(2)
  })

  it('makes its writing conditional, and reads again when the list has changed', async () => {
    let tag = ''
    const seen: unknown[] = []
    const world = await withoutApi({
      first: (req, res) => {
        if (!isListPut(req, tag)) return false
        seen.push(req.headers['if-match'] ?? req.headers['if-none-match'])
        const isChanged = seen.length === 2
        if (isChanged) res.writeHead(412).end()
        return isChanged
      },
    })
    tag = world.tag
    const [one, two] = [ofType('application/vnd.x', world.subject), ofType('application/vnd.x', world.subject)]
    await seed(world.store, one)
    const { digest } = await world.store.resolve(tag)
    await seed(world.store, two)
    expect(seen).toEqual(['*', `"${digest}"`, `"${digest}"`])
    expect(await digests(world.store, world.subject)).toEqual([one.root.digest, two.root.digest].sort())
  })

  it('does without conditions where they are refused for a list that has not changed', async () => {
    let tag = ''
    const world = await withoutApi({
      first: (req, res) => {
        const isRefused = isListPut(req, tag) && req.headers['if-none-match'] !== undefined
        if (isRefused) res.writeHead(412).end()
        return isRefused === true
      },
    })
    tag = world.tag
    const one = ofType('application/vnd.x', world.subject)
    await seed(world.store, one)
    expect(await digests(world.store, world.subject)).toEqual([one.root.digest])
  })

  it('gives up in the end when its entry never stays', async () => {
    let tag = ''
    const world = await withoutApi({
      first: (req, res) => {
        const isPut = isListPut(req, tag)
        if (isPut) res.writeHead(201).end()
        return isPut === true
      },
    })
    tag = world.tag
    await expect(seed(world.store, ofType('application/vnd.x', world.subject))).rejects.toMatchObject({
      code: 'FAILED',
      hint: expect.stringContaining('try again'),
    })
  }, 20_000)

  it('stops waiting when it is aborted', async () => {
    const world = await withoutApi()
    const stop = new AbortController()
    const { root, contents } = ofType('application/vnd.x', world.subject)
    for (const { descriptor, bytes } of contents.values()) {
      const pushed = world.store.push(descriptor, openBytes(bytes), { signal: stop.signal })
      if (descriptor.digest !== root.digest) await pushed
      else {
        await expect.poll(() => world.requests.some(({ url }) => url.endsWith(`/${world.tag}`))).toBe(true)
        stop.abort()
        await expect(pushed).rejects.toThrow()
      }
    }
  })
})

describe('referrers by the API', () => {
  const sbom = { ...makeImage().root, artifactType: 'application/vnd.sbom+json' }
  const other = { ...makeImage().root, artifactType: 'application/vnd.other' }
  const bare = makeImage().root

  /** The answers to `?artifactType=…&page=N`, by page. */
  async function api(answers: readonly { manifests?: unknown; filtered?: string; status?: number }[]) {
    const recorder = await startRecorder((req, res) => {
      const page = Number(new URL(req.url, 'http://x').searchParams.get('page') ?? 0)
      const { manifests, filtered, status = 200 } = answers[page] ?? {}
      res.statusCode = status
      res.setHeader('content-type', mediaTypes.ociIndex)
      if (filtered) res.setHeader('oci-filters-applied', filtered)
      if (page + 1 < answers.length)
        res.setHeader('link', `<${req.url.replace(/&page=.*/, '')}&page=${page + 1}>; rel="next"`)
      res.end(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }))
    })
    server = recorder
    const { store } = await (await testClient()).open(`${recorder.host}/demo/app`)
    const list = (artifactType?: string) => collect(store.referrers(makeImage().root, { artifactType }))
    return { list, requests: recorder.requests }
  }

  it.each<[string, string | undefined, unknown[]]>([
    ['lacks OCI-Filters-Applied', undefined, [sbom]],
    ['applied another filter', 'annotation', [sbom]],
    // What the registry has chosen is taken as it is: it may know the type of an entry that does not say it.
    ['filtered by type', 'annotation, artifactType', [sbom, other, bare]],
  ])('is filtered here where the registry %s (item 62)', async (_name, filtered, expected) => {
    const { list, requests } = await api([{ manifests: [sbom, other, bare], ...(filtered && { filtered }) }])
    expect(await list('application/vnd.sbom+json')).toEqual(expected)
    expect(requests.map(({ url }) => url.split('?')[1])).toEqual(['artifactType=application%2Fvnd.sbom%2Bjson'])
  })

  it('is one list over all pages, each entry once (item 63)', async () => {
    const { list } = await api([{ manifests: [sbom] }, { manifests: [sbom, other] }, { manifests: null }])
    expect(await list('application/vnd.sbom+json')).toEqual([sbom])
    expect(await list('application/vnd.other')).toEqual([other])
  })

  it('is no list when a later page fails', async () => {
    const { list } = await api([{ manifests: [sbom] }, { status: 404 }])
    await expect(list('application/vnd.sbom+json')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

it('forgets that there was no API when the registry says it keeps track (item 69)', async () => {
  let isOld = true
  server = await startServer({
    wrap: handler => (req, res) => {
      if (isOld && req.url?.includes('/referrers/')) res.writeHead(404).end()
      else handler(req, res)
    },
  })
  const { store } = await (await testClient()).open(`${server.host}/demo/app`, { write: true })
  const subject = makeImage()
  await seed(store, subject, 'v1')
  expect(await digests(store, subject)).toEqual([])
  isOld = false
  const sbom = ofType('application/vnd.sbom', subject)
  await seed(store, sbom)
  expect(await digests(store, subject)).toEqual([sbom.root.digest])
})

it.each([
  [`sha256:${'a'.repeat(64)}`, `sha256-${'a'.repeat(64)}`],
  [`sha512:${'b'.repeat(128)}`, `sha512-${'b'.repeat(64)}`],
  ['multi+alg:ab=c', 'multi-alg-ab-c'],
] as const)('the tag of %s is %s (item 64)', (digest, tag) => {
  expect(referrersTag(digest)).toBe(tag)
})
