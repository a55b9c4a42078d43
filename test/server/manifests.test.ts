import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { digestOf } from '../../src/model/digest.ts'
import { mediaTypes } from '../../src/model/media-types.ts'
import { json, makeArtifact, makeImage, makeIndex, randomBlob, type Sample, seed } from '../helpers/images.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { homes } from './homes.ts'
import { type RawOptions, raw } from './raw.ts'

describe.each(homes)('manifests over %s', (_, home) => {
  let server: TestServer
  beforeEach(async () => {
    server = await startServer({ repositories: await home() })
  })
  afterEach(() => server.close())

  const path = (reference: string) => `/v2/demo/app/manifests/${reference}`
  const send = (method: string, reference: string, options?: RawOptions) =>
    raw(server.url, method, path(reference), options)
  const bytesOf = ({ root, contents }: Sample) => contents.get(root.digest)?.bytes ?? Buffer.alloc(0)
  const put = (reference: string, body: string | Uint8Array, type: string = mediaTypes.ociManifest) =>
    send('PUT', reference, { body, headers: { 'Content-Type': type } })
  const tags = async () => JSON.parse((await raw(server.url, 'GET', '/v2/demo/app/tags/list')).body.toString()).tags

  /** Everything but the root, so that a test pushes that itself. */
  async function prepare(sample: Sample): Promise<Sample> {
    const contents = new Map([...sample.contents].filter(([digest]) => digest !== sample.root.digest))
    await seed(await server.repositories.create('demo/app'), { root: sample.root, contents })
    return sample
  }

  it('keeps the bytes exactly, under tag and digest', async () => {
    const config = randomBlob(10, mediaTypes.ociConfig)
    await seed(await server.repositories.create('demo/app'), {
      root: config.descriptor,
      contents: new Map([[config.descriptor.digest, config]]),
    })
    const text = `{\n "layers": [],\t"schemaVersion":2, "config": ${JSON.stringify(config.descriptor)} }\n\n`
    const pushed = await put('1.0', text)
    expect(pushed.status).toBe(201)
    expect(pushed.headers['docker-content-digest']).toBe(digestOf(Buffer.from(text)))
    expect(pushed.headers.location).toBe(path(digestOf(Buffer.from(text))))
    for (const reference of ['1.0', digestOf(Buffer.from(text))]) {
      const got = await send('GET', reference)
      expect(got.body.toString()).toBe(text)
      expect(got.headers['content-type']).toBe(mediaTypes.ociManifest)
    }
  })

  it.each([
    ['an OCI image', () => makeImage()],
    ['a Docker image', () => makeImage({ docker: true })],
    ['an OCI index', () => makeIndex({ platforms: ['linux/amd64', 'linux/arm64'] })],
    ['a Docker list', () => makeIndex({ platforms: ['linux/amd64'], docker: true })],
    ['an index in an index', () => makeIndex({ platforms: ['linux/amd64'], nested: true })],
  ])('takes %s and serves it as it is, whatever is accepted', async (_case, make) => {
    const sample = await prepare(make())
    expect((await put('1.0', bytesOf(sample), sample.root.mediaType)).status).toBe(201)
    const got = await send('GET', '1.0', { headers: { Accept: 'text/plain' } })
    expect([got.status, got.headers['content-type'], got.body]).toEqual([200, sample.root.mediaType, bytesOf(sample)])
    const head = await send('HEAD', sample.root.digest)
    expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, `${sample.root.size}`, 0])
    expect(head.headers['docker-content-digest']).toBe(sample.root.digest)
  })

  it('takes a manifest under its sha512 digest', async () => {
    const bytes = bytesOf(await prepare(makeImage()))
    const digest = digestOf(bytes, 'sha512')
    expect((await put(digest, bytes)).headers['docker-content-digest']).toBe(digest)
    expect((await send('GET', digest)).body).toEqual(bytes)
  })

  it('says 304 to whoever has it already', async () => {
    const sample = await prepare(makeImage())
    await put('1.0', bytesOf(sample))
    const etag = `"${sample.root.digest}"`
    expect((await send('GET', '1.0')).headers.etag).toBe(etag)
    expect((await send('GET', '1.0', { headers: { 'If-None-Match': etag } })).status).toBe(304)
    expect((await send('HEAD', '1.0', { headers: { 'If-None-Match': `"x", W/${etag}` } })).status).toBe(304)
    expect((await send('GET', '1.0', { headers: { 'If-None-Match': '"x"' } })).status).toBe(200)
  })

  it('names what is missing, and keeps nothing', async () => {
    const sample = makeImage({ layers: 2 })
    const refused = await put('1.0', bytesOf(sample))
    expect([refused.status, refused.code]).toEqual([400, 'MANIFEST_BLOB_UNKNOWN'])
    const detail = JSON.parse(refused.body.toString()).errors[0].detail
    expect(detail).toHaveLength(3)
    expect(sample.contents.has(detail[0].digest)).toBe(true)
    expect((await send('GET', '1.0')).status).toBe(404)
  })

  it('wants the manifests of an index as manifests', async () => {
    const index = makeIndex({ platforms: ['linux/amd64'] })
    expect((await put('1.0', bytesOf(index), mediaTypes.ociIndex)).code).toBe('MANIFEST_BLOB_UNKNOWN')
  })

  it('does not want layers that are not for distribution (item 45)', async () => {
    const sample = await prepare(makeImage())
    const manifest = JSON.parse(bytesOf(sample).toString())
    const foreign = {
      mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
      digest: digestOf(Buffer.from('elsewhere')),
      size: 9,
      urls: ['https://example.com/layer'],
    }
    const body = JSON.stringify({ ...manifest, layers: [...manifest.layers, foreign] })
    expect((await put('1.0', body)).status).toBe(201)
  })

  it('says OCI-Subject, also for a subject that is not here', async () => {
    const subject = makeImage().root
    const referrer = await prepare(makeArtifact({ artifactType: 'application/x.sbom', subject }))
    const pushed = await put(referrer.root.digest, bytesOf(referrer))
    expect([pushed.status, pushed.headers['oci-subject']]).toEqual([201, subject.digest])
  })

  it('sets several tags at once beside a digest (item 51)', async () => {
    const sample = await prepare(makeImage())
    const pushed = await put(`${sample.root.digest}?tag=1.0&tag=1&tag=1`, bytesOf(sample))
    expect([pushed.status, pushed.headers['oci-tag']]).toEqual([201, '1.0, 1'])
    expect(await tags()).toEqual(['1', '1.0'])
  })

  it('T12: sets no more than fifty tags at once, beside a digest or a tag', async () => {
    const sample = await prepare(makeImage())
    const many = Array.from({ length: 51 }, (_, index) => `tag=${index}`).join('&')
    for (const target of [sample.root.digest, 'latest']) {
      const refused = await put(`${target}?${many}`, bytesOf(sample))
      expect([refused.status, refused.code]).toEqual([414, 'TAG_INVALID'])
    }
    expect(await tags()).toEqual([])
  })

  it.each([
    ['no JSON', 'nonsense', mediaTypes.ociManifest],
    ['a type that is no manifest', '{}', 'text/html'],
    ['no type anywhere', '{}', ''],
    [
      'a Content-Type that the manifest denies',
      `{"schemaVersion":2,"mediaType":"${mediaTypes.ociIndex}","manifests":[]}`,
      mediaTypes.ociManifest,
    ],
    ['both manifests and layers', '{"schemaVersion":2,"manifests":[],"layers":[]}', mediaTypes.ociIndex],
    ['a name twice', '{"schemaVersion":2,"manifests":[],"manifests":[]}', mediaTypes.ociIndex],
    ['a deep nest', `{"schemaVersion":2,"manifests":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, mediaTypes.ociIndex],
    [
      'a malformed child',
      '{"schemaVersion":2,"manifests":[{"mediaType":"a/b","size":1,"digest":"sha256:../x"}]}',
      mediaTypes.ociIndex,
    ],
    ['schema 1', '{"schemaVersion":1}', mediaTypes.dockerSchema1],
  ])('T11: refuses %s with MANIFEST_INVALID', async (_case, body, type) => {
    const refused = await put('1.0', body, type)
    expect([refused.status, refused.code]).toEqual([400, 'MANIFEST_INVALID'])
  })

  it('T11: refuses bytes that are not of the digest', async () => {
    const refused = await put(digestOf(Buffer.from('other')), bytesOf(await prepare(makeImage())))
    expect([refused.status, refused.code]).toEqual([400, 'DIGEST_INVALID'])
  })

  it.each([false, true])('T12: refuses more than 4 MiB with 413 (streamed: %s)', async streamed => {
    const body = Buffer.alloc(4 * 1024 * 1024 + 1, 0x20)
    const refused = await send('PUT', '1.0', { body, streamed, headers: { 'Content-Type': mediaTypes.ociManifest } })
    expect([refused.status, refused.code]).toEqual([413, 'SIZE_INVALID'])
  })

  it('T26: an annotation called __proto__ is only an annotation', async () => {
    const body = '{"schemaVersion":2,"manifests":[],"annotations":{"__proto__":"x"}}'
    expect((await put('1.0', body, mediaTypes.ociIndex)).status).toBe(201)
    expect((await send('GET', '1.0')).body.toString()).toBe(body)
  })

  it('deletes one tag and leaves its siblings, and a digest with all its tags (T28)', async () => {
    const sample = await prepare(makeImage())
    for (const tag of ['a', 'b', 'c']) await put(tag, bytesOf(sample))
    expect((await send('DELETE', 'b')).status).toBe(202)
    expect(await tags()).toEqual(['a', 'c'])
    expect((await send('DELETE', sample.root.digest)).status).toBe(202)
    expect(await tags()).toEqual([])
    for (const reference of ['a', sample.root.digest]) {
      const gone = await send('DELETE', reference)
      expect([gone.status, gone.code]).toEqual([404, 'MANIFEST_UNKNOWN'])
    }
  })

  it('tells an unknown manifest from an unknown repository, and a blob from a manifest', async () => {
    const sample = await prepare(makeImage())
    await put('1.0', bytesOf(sample))
    const layer = [...sample.contents.keys()].at(1) ?? ''
    expect((await send('GET', 'none')).code).toBe('MANIFEST_UNKNOWN')
    expect((await send('GET', layer)).code).toBe('MANIFEST_UNKNOWN')
    expect((await raw(server.url, 'GET', '/v2/nowhere/manifests/1.0')).code).toBe('NAME_UNKNOWN')
  })

  it('does not take a manifest away through the blobs', async () => {
    const sample = await prepare(makeImage())
    await put('1.0', bytesOf(sample))
    expect((await raw(server.url, 'DELETE', `/v2/demo/app/blobs/${sample.root.digest}`)).status).toBe(404)
    expect((await send('GET', '1.0')).status).toBe(200)
  })

  it('takes many pushes at once, to one tag and to many', async () => {
    const samples = await Promise.all(Array.from({ length: 12 }, () => prepare(makeImage({ layers: 1 }))))
    const answers = await Promise.all(
      samples.flatMap((sample, at) => [put('latest', bytesOf(sample)), put(`v${at}`, bytesOf(sample))]),
    )
    expect(answers.map(answer => answer.status)).toEqual(answers.map(() => 201))
    expect(await tags()).toHaveLength(13)
    const latest = await send('GET', 'latest')
    expect(samples.map(sample => sample.root.digest)).toContain(digestOf(latest.body))
    for (const [at, sample] of samples.entries()) expect((await send('GET', `v${at}`)).body).toEqual(bytesOf(sample))
  })

  it('reads a manifest without a Content-Type by its own word', async () => {
    const empty = json(mediaTypes.ociIndex, { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [] })
    expect((await send('PUT', '1.0', { body: empty.bytes })).status).toBe(201)
    expect((await send('GET', '1.0')).headers['content-type']).toBe(mediaTypes.ociIndex)
  })
})
