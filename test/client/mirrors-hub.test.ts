import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { copy } from '../../src/copy/copy.ts'
import type { Notice } from '../../src/model/notice.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { readVerified } from '../../src/store/read.ts'
import { testClient } from '../helpers/client.ts'
import { closing } from '../helpers/http-send.ts'
import { makeImage } from '../helpers/images.ts'
import { createContents } from '../helpers/registries/contents.ts'
import { createHub } from '../helpers/registries/hub.ts'
import { startWorld } from '../helpers/registries/world.ts'

const image = makeImage({ layers: [3000, 200_000], seed: 'hub and mirrors' })

/** What stands before a mirror that has the image. */
type Manner = (mirror: RequestListener) => RequestListener

const challenge =
  (header: string): Manner =>
  mirror =>
  (req, res) => {
    if (req.headers.authorization?.startsWith('Bearer good')) return mirror(req, res)
    res.writeHead(401, { 'www-authenticate': header }).end()
  }

const redirect =
  (location: string): Manner =>
  mirror =>
  (req, res) => {
    if (!req.url?.includes('/blobs/')) return mirror(req, res)
    res.writeHead(307, { location }).end()
  }

/** A person with a login at Docker Hub, whose daemon.json names a mirror, pulls from docker.io. */
async function pull(manner: Manner) {
  const hub = createHub({ users: { ada: 'dckr_pat_1' } })
  await hub.contents.push('library/app', image, 'v1')
  const mirror = createContents()
  await mirror.push('library/app', image, 'v1')
  const evil: RequestListener = (req, res) => {
    const asks = req.headers.authorization === undefined
    res.writeHead(asks ? 401 : 200, { 'www-authenticate': 'Basic realm="evil"' }).end()
  }
  const hosts = { ...hub.hosts, 'mirror.example': manner(mirror.v2), 'evil.example': evil }
  const seen: { host: string; authorization: string }[] = []
  const watched = Object.fromEntries(
    Object.entries(hosts).map(([host, listener]) => {
      const watching: RequestListener = (req, res) => {
        if (req.headers.authorization) seen.push({ host, authorization: req.headers.authorization })
        return listener(req, res)
      }
      return [host, watching]
    }),
  )
  const world = closing(await startWorld(watched))
  const home = mkdtempSync(join(tmpdir(), 'regctl-hub-'))
  mkdirSync(join(home, '.docker'))
  mkdirSync(join(home, '.config/docker'), { recursive: true })
  const auth = Buffer.from('ada:dckr_pat_1').toString('base64')
  writeFileSync(
    join(home, '.docker/config.json'),
    JSON.stringify({ auths: { 'https://index.docker.io/v1/': { auth } } }),
  )
  writeFileSync(join(home, '.config/docker/daemon.json'), '{"registry-mirrors": ["https://mirror.example/"]}')
  const notices: Notice[] = []
  const client = closing(
    await testClient({ home, env: world.env, flags: { mirrorsFrom: ['docker'] }, notify: each => notices.push(each) }),
  )
  const to = memoryStore()
  const result = await copy(await client.open('app:v1'), { store: to, reference: 'v1' })
  for (const { descriptor, bytes } of image.contents.values())
    expect((await readVerified(to, descriptor)).equals(bytes)).toBe(true)
  const at = (host: string) => seen.filter(each => each.host === host).map(({ authorization }) => authorization)
  return { world, result, at, said: notices.map(({ message }) => message).join('\n') }
}

it('Docker Hub is asked for the tag alone, with its login; the mirror gives the rest, without', async () => {
  const { world, result, at } = await pull(mirror => mirror)
  expect(result.served).toMatchObject([
    { source: 'https://mirror.example', manifests: 1, blobs: 3 },
    { source: 'docker.io', manifests: 0, blobs: 0 },
  ])
  expect(new Set(world.at('registry-1.docker.io'))).toEqual(new Set(['HEAD /v2/library/app/manifests/v1']))
  expect(at('auth.docker.io').length).toBeGreaterThan(0)
  expect(at('mirror.example')).toEqual([])
})

it.each<[name: string, manner: Manner, says: RegExp]>([
  ['asks for Basic', challenge('Basic realm="Docker"'), /asks for a login/],
  [
    "names Docker Hub's own token service",
    challenge('Bearer realm="https://auth.docker.io/token",service="registry.docker.io"'),
    /asks for a login/,
  ],
  [
    'names a token service of a stranger',
    challenge('Bearer realm="https://evil.example/token",service="registry.docker.io"'),
    /asks for a login|gives no token|token/,
  ],
  [
    'names a token service within the network',
    challenge('Bearer realm="http://169.254.169.254/token",service="x"'),
    /nothing was sent there/,
  ],
  ['redirects to a stranger that asks for Basic', redirect('https://evil.example/blob'), /is left out/],
  ['redirects into the network', redirect('https://10.0.0.1/blob'), /redirects into a private network/],
  ['redirects out of HTTPS', redirect('http://evil.example/blob'), /without encryption/],
  ['redirects with a password', redirect('https://ada:x@evil.example/blob'), /with credentials/],
])(
  'T1, T2, T5: a mirror that %s never sees a login of Docker Hub, nor does anybody it names',
  async (_, manner, says) => {
    const { result, at, said, world } = await pull(manner)
    expect(result.served?.at(-1)).toMatchObject({ source: 'docker.io', blobs: 3 })
    expect(said).toMatch(says)
    expect(said).toContain('mirror https://mirror.example is left out of docker.io/library/app: ')
    const hubs = new Set([...at('auth.docker.io'), ...at('registry-1.docker.io')])
    for (const header of [...at('mirror.example'), ...at('evil.example')]) {
      expect(header).not.toMatch(/^Basic /)
      expect(hubs).not.toContain(header)
    }
    expect(at('evil.example')).toEqual([])
    expect(world.strangers).toEqual([])
  },
)
