import { afterEach, describe, expect, it } from 'vitest'
import { descriptorOf } from '../../src/model/descriptor.ts'
import { referrersTag } from '../../src/registry/referrers-tag.ts'
import { readManifest } from '../../src/store/read.ts'
import { testClient } from '../helpers/client.ts'
import { makeArtifact, makeImage, openBytes, seed } from '../helpers/images.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { collect } from '../store/contract.ts'

let server: TestServer | undefined
afterEach(() => server?.close())

/** A registry as most were before 1.1: no referrers API, no OCI-Subject. */
async function withoutApi(answer: { status: number; type?: string } = { status: 404 }) {
  server = await startServer({
    wrap: handler => (req, res) => {
      if (req.url?.includes('/referrers/')) {
        res.writeHead(answer.status, { 'content-type': answer.type ?? 'application/json' }).end('{}')
        return
      }
      const { setHeader } = res
      res.setHeader = (name, value) => (name.toLowerCase() === 'oci-subject' ? res : setHeader.call(res, name, value))
      handler(req, res)
    },
  })
  const { store } = await (await testClient()).open(`${server.host}/demo/app`, { write: true })
  const subject = makeImage()
  await seed(store, subject, 'v1')
  return { store, subject, server }
}

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
})

it.each([
  [`sha256:${'a'.repeat(64)}`, `sha256-${'a'.repeat(64)}`],
  [`sha512:${'b'.repeat(128)}`, `sha512-${'b'.repeat(64)}`],
  ['multi+alg:ab=c', 'multi-alg-ab-c'],
] as const)('the tag of %s is %s (item 64)', (digest, tag) => {
  expect(referrersTag(digest)).toBe(tag)
})
