import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { copy } from '../../src/copy/copy.ts'
import type { Notice } from '../../src/model/notice.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { readVerified } from '../../src/store/read.ts'
import { testClient } from '../helpers/client.ts'
import { closing } from '../helpers/http-send.ts'
import { makeImage, rawImage, type Sample, seed } from '../helpers/images.ts'
import { startRecorder } from '../helpers/recorder.ts'
import { type MirrorServer, type Quirk, startMirror } from '../helpers/registries/mirrors.ts'
import { startServer, type TestServer } from '../helpers/server.ts'

const repository = 'library/app'
const image = makeImage({ layers: [3000, 300_000], seed: 'mirrored' })
const old = makeImage({ layers: [100], seed: 'mirrored, long ago' })

/** A registry that wants a login, for which the person has one; a token server would be the same. */
async function startUpstream(sample: Sample = image): Promise<TestServer> {
  const server = closing(await startServer({ users: { ada: 'hub-secret' } }))
  await seed(await server.repositories.create(repository), sample, 'v1')
  return server
}

interface Pull {
  upstream: TestServer
  mirrors: unknown[]
  home?: string
  mirrorsFrom?: string[]
}

/** Pulls `v1` into memory as a person with a login at the upstream would, and tells what was said and served. */
async function pull({ upstream, mirrors, mirrorsFrom, home = mkdtempSync(join(tmpdir(), 'regctl-mirrors-')) }: Pull) {
  mkdirSync(join(home, '.config/regctl'), { recursive: true })
  const config = { mirrorTimeout: 1, hosts: { [upstream.host]: { mirrors } } }
  writeFileSync(join(home, '.config/regctl/config.json'), JSON.stringify(config))
  const auth = Buffer.from('ada:hub-secret').toString('base64')
  mkdirSync(join(home, '.docker'), { recursive: true })
  writeFileSync(join(home, '.docker/config.json'), JSON.stringify({ auths: { [upstream.host]: { auth } } }))
  const notices: Notice[] = []
  const client = closing(
    await testClient({ home, notify: notice => notices.push(notice), ...(mirrorsFrom && { flags: { mirrorsFrom } }) }),
  )
  const from = await client.open(`${upstream.host}/${repository}:v1`)
  const to = memoryStore()
  const result = await copy(from, { store: to, reference: 'v1' })
  await client.close()
  return { result, to, notices, home, said: notices.map(({ message }) => message).join('\n') }
}

async function expectWhole(to: ReturnType<typeof memoryStore>, { root, contents }: Sample): Promise<void> {
  expect(await to.resolve('v1')).toMatchObject({ digest: root.digest })
  for (const { descriptor, bytes } of contents.values()) expect(await readVerified(to, descriptor)).toEqual(bytes)
}

const has = (sample: Sample) => ({ images: [{ repository, sample, tag: 'v1' }] })

describe('a pull with a mirror that does not do its part', () => {
  /** What is said of it, and how many manifests and blobs of the image (1 and 3) it still served. */
  const cases: [quirk: Quirk, says: RegExp, manifests: number, blobs: number][] = [
    ['down', /refused the connection/, 0, 0],
    ['silent', /did not answer/, 0, 0],
    ['stuck', /sent nothing for/, 1, 0],
    ['lying', /gave bytes that are not those of sha256:/, 1, 0],
    ['lacking', /does not have all of the image/, 0, 0],
    ['hollow', /does not have all of the image/, 1, 0],
    ['login', /asks for a login/, 0, 0],
    ['basic', /asks for a login/, 0, 0],
    ['short', /gave bytes that are not those of sha256:/, 1, 0],
    ['cut', /closed the connection|broke/, 1, 0],
    ['broken', /failed on/, 0, 0],
    ['limited', /limits requests/, 0, 0],
    ['page', /gave bytes that are not those of sha256:/, 0, 0],
  ]
  it.each(cases)(
    '%s: completes from the registry with the right bytes, and says so',
    async (quirk, says, manifests, blobs) => {
      const upstream = await startUpstream()
      const mirror = await startMirror(quirk, has(image))
      const { result, to, said } = await pull({ upstream, mirrors: [mirror.url] })
      await expectWhole(to, image)
      expect(said).toMatch(says)
      expect(said).toContain(`mirror ${mirror.url} is left out of ${upstream.host}/${repository}`)
      expect(result.served).toMatchObject([
        { source: mirror.url, manifests, blobs },
        { source: upstream.host, manifests: 1 - manifests, blobs: 3 - blobs },
      ])
      expect(mirror.logins(), "T1: nobody's login was offered").toEqual([])
    },
  )

  it.each(cases)('%s: completes from the next mirror', async (quirk, _, manifests, blobs) => {
    const upstream = await startUpstream()
    const [first, second] = [await startMirror(quirk, has(image)), await startMirror('good', has(image))]
    const { result, to } = await pull({ upstream, mirrors: [first.url, second.url] })
    await expectWhole(to, image)
    expect(result.served).toMatchObject([
      { source: first.url, manifests, blobs },
      { source: second.url, manifests: 1 - manifests, blobs: 3 - blobs },
      { source: upstream.host, manifests: 0, blobs: 0 },
    ])
    expect([...first.logins(), ...second.logins()]).toEqual([])
  })

  it('T5, T6: one that redirects to a link-local address is not followed, nor is it to a stranger with a login', async () => {
    const upstream = await startUpstream()
    const evil = await startMirror('evil', { ...has(image), target: 'http://169.254.169.254/latest/meta-data/' })
    const { to, said } = await pull({ upstream, mirrors: [evil.url] })
    await expectWhole(to, image)
    expect(said).toMatch(/redirects to a link-local address/)
  })

  it('T1: a stranger it redirects to sees no login, and its bytes are held against the digest', async () => {
    const stranger = closing(await startRecorder((_, response) => response.end('something else')))
    const upstream = await startUpstream()
    const evil = await startMirror('evil', { ...has(image), target: `${stranger.url}/blob` })
    const { to } = await pull({ upstream, mirrors: [evil.url] })
    await expectWhole(to, image)
    expect(stranger.requests.length).toBeGreaterThan(0)
    for (const { headers } of stranger.requests) expect(headers.authorization).toBeUndefined()
  })
})

it('a mirror that lies spoils no upload, and an upload that it had begun is not gone on from', async () => {
  const large = rawImage([3_000_000, 200_000], 'mirrored upload')
  const upstream = await startUpstream(large)
  const mirror = await startMirror('lying', has(large))
  const destination = closing(await startServer())
  const home = mkdtempSync(join(tmpdir(), 'regctl-mirrors-'))
  const config = { hosts: { [upstream.host]: { mirrors: [mirror.url] } } }
  mkdirSync(join(home, '.config/regctl'), { recursive: true })
  writeFileSync(join(home, '.config/regctl/config.json'), JSON.stringify(config))
  const login = { REGCTL_REGISTRY: upstream.host, REGCTL_USERNAME: 'ada', REGCTL_PASSWORD: 'hub-secret' }
  const client = closing(await testClient({ home, env: login }))
  const [from, to] = await Promise.all([
    client.open(`${upstream.host}/${repository}:v1`),
    client.open(`${destination.host}/copied/app:v1`, { write: true }),
  ])
  const result = await copy(from, to, { journals: join(home, 'journals') })
  expect(result.served).toMatchObject([{ manifests: 1, blobs: 0 }, { blobs: 3 }])
  const goneOn = destination.requests.filter(({ method, url }) => url.includes('/uploads/') && /PATCH|GET/.test(method))
  expect(goneOn).toEqual([])
  for (const { descriptor, bytes } of large.contents.values())
    expect((await readVerified(to.store, descriptor)).equals(bytes)).toBe(true)
})

describe('a pull with good mirrors', () => {
  it('reads by digest from the first, and only the tag from the registry', async () => {
    const upstream = await startUpstream()
    const mirror = await startMirror('good', has(image))
    const { result, to, notices } = await pull({ upstream, mirrors: [mirror.url] })
    await expectWhole(to, image)
    expect(result.served?.[0]).toEqual({
      source: mirror.url,
      manifests: 1,
      blobs: 3,
      bytes: result.bytes.copied + image.root.size - image.root.size + 0,
    })
    expect(notices).toEqual([])
    const asked = upstream.requests.map(({ method, url }) => `${method} ${url}`)
    expect(new Set(asked)).toEqual(new Set([`HEAD /v2/${repository}/manifests/v1`]))
    expect(mirror.requests.every(({ url }) => url.includes('sha256:'))).toBe(true)
  })

  it('T27: a mirror that is stale changes nothing, since the registry names the tag', async () => {
    const upstream = await startUpstream()
    const mirror = await startMirror('stale', has(old))
    const { result, to } = await pull({ upstream, mirrors: [mirror.url] })
    await expectWhole(to, image)
    expect(result.digest).toBe(image.root.digest)
  })

  it('T27: one that may name tags is used when it is stale, and that is told', async () => {
    const upstream = await startUpstream()
    const mirror = await startMirror('stale', has(old))
    const { result, notices } = await pull({ upstream, mirrors: [{ url: mirror.url, resolve: true }] })
    expect(result.digest).toBe(old.root.digest)
    expect(notices).toMatchObject([{ code: 'MIRROR_STALE' }])
    expect(notices[0]?.message).toContain(image.root.digest)
  })

  it('one that may name tags serves where the registry is away', async () => {
    const upstream = await startUpstream()
    const mirror = await startMirror('good', has(image))
    await upstream.close()
    const { to, result } = await pull({ upstream, mirrors: [{ url: mirror.url, resolve: true }] })
    await expectWhole(to, image)
    expect(result.served?.at(-1)).toMatchObject({ source: upstream.host, manifests: 0, blobs: 0 })
  })

  it('one that may not is hinted at there', async () => {
    const upstream = await startUpstream()
    const mirror = await startMirror('good', has(image))
    await upstream.close()
    const failing = pull({ upstream, mirrors: [mirror.url] })
    await expect(failing).rejects.toMatchObject({ code: 'UNREACHABLE', hint: expect.stringContaining('resolve') })
  })

  it('a path, and ?ns= where it is configured', async () => {
    const upstream = await startUpstream()
    const mirror = await startMirror('good', { images: [{ repository, sample: image }] })
    const { result } = await pull({ upstream, mirrors: [{ url: mirror.url, ns: true }] })
    expect(result.served?.[0]).toMatchObject({ manifests: 1, blobs: 3 })
    expect(mirror.requests.length).toBeGreaterThan(0)
    for (const { url } of mirror.requests)
      expect(url).toMatch(new RegExp(`\\?ns=${encodeURIComponent(upstream.host)}$`))
  })

  it('auth "own" shows a mirror the login of its own host, and no other', async () => {
    const upstream = await startUpstream()
    const mirror = closing(await startServer({ users: { bob: 'mirror-secret' } }))
    await seed(await mirror.repositories.create(repository), image)
    const home = mkdtempSync(join(tmpdir(), 'regctl-mirrors-'))
    const auth = (pair: string) => Buffer.from(pair).toString('base64')
    mkdirSync(join(home, '.config/containers'), { recursive: true })
    writeFileSync(
      join(home, '.config/containers/auth.json'),
      JSON.stringify({ auths: { [mirror.host]: { auth: auth('bob:mirror-secret') } } }),
    )
    const anonymous = await pull({ upstream, mirrors: [mirror.url], home })
    expect(anonymous.result.served?.[0]).toMatchObject({ manifests: 0, blobs: 0, failure: 'it asks for a login' })
    expect(mirror.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true)
    const own = await pull({ upstream, mirrors: [{ url: mirror.url, auth: 'own' }], home })
    expect(own.result.served?.[0]).toMatchObject({ manifests: 1, blobs: 3 })
    const shown = new Set(mirror.requests.flatMap(({ headers }) => headers.authorization ?? []))
    expect(shown).toEqual(new Set([`Basic ${auth('bob:mirror-secret')}`]))
  })

  it('none: mirrors are left alone', async () => {
    const upstream = await startUpstream()
    const mirror = await startMirror('good', has(image))
    const { result } = await pull({ upstream, mirrors: [mirror.url], mirrorsFrom: ['none'] })
    expect(result.served).toBeUndefined()
    expect(mirror.requests).toEqual([])
  })
})

describe('what is remembered', () => {
  it('a mirror that failed is not asked again in the next run, and that is told', async () => {
    const upstream = await startUpstream()
    const mirror: MirrorServer = await startMirror('broken', has(image))
    const { home } = await pull({ upstream, mirrors: [mirror.url] })
    const asked = mirror.requests.length
    expect(asked).toBe(1)
    const again = await pull({ upstream, mirrors: [mirror.url], home })
    expect(mirror.requests.length).toBe(asked)
    expect(again.said).toMatch(/in an earlier run; it is asked again after 20/)
    expect(Object.keys(JSON.parse(readFileSync(join(home, '.local/state/regctl/mirrors.json'), 'utf8')))).toEqual([
      mirror.url,
    ])
  })
})
