import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ConfigFlags } from '../../src/config/config.ts'
import { copy } from '../../src/copy/copy.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { type Ca, makeCa } from '../helpers/certs.ts'
import { testClient } from '../helpers/client.ts'
import { closing } from '../helpers/http-send.ts'
import { makeImage, seed } from '../helpers/images.ts'
import { startServer, type TestServer } from '../helpers/server.ts'

const repository = 'library/app'
const image = makeImage({ layers: [3000], seed: 'mirrored over TLS' })

let ca: Ca
let caFile: string
beforeAll(async () => {
  ca = await makeCa()
  caFile = join(mkdtempSync(join(tmpdir(), 'regctl-ca-')), 'ca.pem')
  writeFileSync(caFile, ca.cert)
})

/** It has the image below `/v2/` and below each of these paths. */
async function startTlsMirror(...paths: string[]): Promise<TestServer> {
  const server = closing(
    await startServer({
      tls: await ca.issue({ hosts: ['127.0.0.1'] }),
      wrap: handler => (req, res) => {
        const below = paths.find(path => req.url?.startsWith(`${path}/`))
        req.url = req.url?.slice(below?.length ?? 0) ?? ''
        handler(req, res)
      },
    }),
  )
  await seed(await server.repositories.create(repository), image, 'v1')
  return server
}

interface Pull {
  mirrors?: unknown[]
  /** A `hosts.toml` of the registry. */
  toml?: string
  flags?: ConfigFlags
}

/** What each mirror served of the image, and why one did not. */
async function pull({ mirrors = [], toml, flags }: Pull) {
  const upstream = closing(await startServer())
  await seed(await upstream.repositories.create(repository), image, 'v1')
  const home = mkdtempSync(join(tmpdir(), 'regctl-mirrors-tls-'))
  mkdirSync(join(home, '.config/regctl'), { recursive: true })
  writeFileSync(join(home, '.config/regctl/config.json'), JSON.stringify({ hosts: { [upstream.host]: { mirrors } } }))
  const folder = join(home, 'certs.d', upstream.host)
  mkdirSync(folder, { recursive: true })
  if (toml !== undefined) writeFileSync(join(folder, 'hosts.toml'), toml)
  const mirrorsFrom = toml === undefined ? undefined : [join(home, 'certs.d')]
  const client = closing(
    await testClient({
      home,
      flags: { registries: [upstream.host], plainHttp: [upstream.host], mirrorsFrom, ...flags },
    }),
  )
  const result = await copy(await client.open(`${upstream.host}/${repository}:v1`), {
    store: memoryStore(),
    reference: 'v1',
  })
  await client.close()
  return result.served
}

describe('T20: the TLS of mirrors', () => {
  const strict = (url: string) => `[host."${url}/strict"]\n`
  const loose = (url: string) => `[host."${url}/loose"]\nskip_verify = true\n`
  const refused = { manifests: 0, failure: expect.stringContaining('certificate') }
  const served = { manifests: 1, blobs: 2 }

  it.each([
    ['first', (url: string) => loose(url) + strict(url), [served, { manifests: 0, blobs: 0 }]],
    ['last', (url: string) => strict(url) + loose(url), [refused, served]],
  ])('two at one host and port each have their own, the loose one %s', async (_, toml, expected) => {
    const mirror = await startTlsMirror('/strict', '/loose')
    expect((await pull({ toml: toml(mirror.url) }))?.slice(0, 2)).toMatchObject(expected)
  })

  it.each([
    ['HOST=FILE that names it', (host: string) => [`${host}=${caFile}`], served],
    ['HOST=FILE that names another', () => [`mirror.example=${caFile}`], refused],
    ['a bare FILE, for registries that the command names', () => [caFile], refused],
  ])('--ca-file %s', async (_, given, expected) => {
    const mirror = await startTlsMirror()
    const served = await pull({ mirrors: [mirror.url], flags: { caFile: given(mirror.host) } })
    expect(served?.[0]).toMatchObject(expected)
  })
})
