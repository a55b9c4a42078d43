import { describe, expect, it } from 'vitest'
import type { HttpRequest } from '../../src/http/http.ts'
import { mediaTypes } from '../../src/model/media-types.ts'
import { registryMemory } from '../../src/registry/endpoint.ts'
import { RegistryStore } from '../../src/registry/store.ts'
import type { Store } from '../../src/store/store.ts'
import { testClient } from '../helpers/client.ts'
import { startFaultProxy } from '../helpers/fault-proxy.ts'
import { loseAnswer } from '../helpers/faults.ts'
import { answer, closing } from '../helpers/http-send.ts'
import { makeImage, randomBlob, seed } from '../helpers/images.ts'
import { startServer } from '../helpers/server.ts'

const { digest } = randomBlob(1).descriptor

/** A store at this host, of which every DELETE is answered so; what was sent stands in `sent`. */
function answering(status: number, { code = '', host = 'registry.test' } = {}) {
  const sent: HttpRequest[] = []
  const registry = {
    ...registryMemory(host),
    name: host,
    baseUrl: `https://${host}`,
    send: async (request: HttpRequest) => {
      sent.push(request)
      if (request.method !== 'DELETE') return answer(404)
      return answer(status, { url: request.url, text: code && JSON.stringify({ errors: [{ code }] }) })
    },
  }
  return { store: new RegistryStore(registry, 'team/app', { write: true }), sent }
}
const manifest = { digest, mediaType: mediaTypes.ociManifest }
const blob = { digest, mediaType: mediaTypes.octets }

describe('deletes', () => {
  it.each([200, 202, 204])('are done with %i, and ask for the scope * (PROTOCOL 2.5)', async status => {
    const { store, sent } = answering(status)
    await store.untag('v1')
    await store.delete(manifest)
    await store.delete(blob)
    const deletes = sent.filter(({ method }) => method === 'DELETE')
    expect(deletes.map(({ url }) => url.replace('https://registry.test/v2/team/app/', ''))).toEqual([
      'manifests/v1',
      `manifests/${digest}`,
      `blobs/${digest}`,
    ])
    for (const { scopes } of deletes) expect(scopes).toEqual(['repository:team/app:*'])
  })

  it.each([
    ['a tag', 400, 'DIGEST_INVALID', 'UNSUPPORTED'],
    ['a tag', 400, 'UNSUPPORTED', 'UNSUPPORTED'],
    ['a tag', 405, '', 'UNSUPPORTED'],
    ['a tag', 501, '', 'UNSUPPORTED'],
    ['a tag', 404, 'MANIFEST_UNKNOWN', 'NOT_FOUND'],
    ['a tag', 401, 'UNAUTHORIZED', 'UNAUTHORIZED'],
    ['a tag', 403, 'DENIED', 'DENIED'],
    ['a tag', 429, 'TOOMANYREQUESTS', 'RATE_LIMITED'],
    ['a tag', 500, '', 'SERVER_FAILED'],
    ['a manifest', 405, 'UNSUPPORTED', 'UNSUPPORTED'],
    ['a manifest', 501, '', 'UNSUPPORTED'],
    ['a manifest', 404, 'MANIFEST_UNKNOWN', 'NOT_FOUND'],
    ['a manifest', 403, 'DENIED', 'DENIED'],
    ['a blob', 405, 'UNSUPPORTED', 'UNSUPPORTED'],
    ['a blob', 404, 'BLOB_UNKNOWN', 'NOT_FOUND'],
  ])(
    'T28: of %s, answered with %i %s, are %s, and nothing else is deleted instead',
    async (what, status, code, expected) => {
      const { store, sent } = answering(status, { code })
      const work = what === 'a tag' ? store.untag('v1') : store.delete(what === 'a manifest' ? manifest : blob)
      await expect(work).rejects.toMatchObject({ code: expected })
      expect(sent.filter(({ method }) => method === 'DELETE')).toHaveLength(1)
    },
  )

  it.each([
    ['registry.test', /--dummy-manifest/, /REGISTRY_STORAGE_DELETE_ENABLED=true/],
    ['docker.io', /hub\.docker\.com\/r\/team\/app\/tags/, /hub\.docker\.com/],
    ['ghcr.io', /github\.com\/team\?tab=packages/, /gh api -X DELETE \/users\/team\/packages/],
  ])('%s: say what to do instead', async (host, tag, content) => {
    const { store } = answering(405, { host })
    await expect(store.untag('v1')).rejects.toMatchObject({ hint: expect.stringMatching(tag) })
    await expect(store.delete(manifest)).rejects.toMatchObject({ hint: expect.stringMatching(content) })
  })
})

describe('a delete of which the answer was lost', () => {
  const { contents, root } = makeImage({ layers: [10], seed: 'deleted' })
  const layer = [...contents.values()].find(({ descriptor }) => descriptor.digest !== root.digest)?.descriptor

  it.each([
    ['of a tag', 'DELETE manifest', (store: Store) => store.untag('v1')],
    ['of a manifest', 'DELETE manifest', (store: Store) => store.delete(root)],
    ['of a blob', 'DELETE blob', (store: Store) => store.delete(layer ?? root)],
  ] as const)('%s is done, though the second time finds nothing', async (_, on, work) => {
    const server = closing(await startServer())
    const way = closing(await startFaultProxy(server.host, [{ on, times: 1, fault: loseAnswer }]))
    const { store } = await (await testClient()).open(`${way.host}/demo/app:v1`, { change: true })
    await seed(store, { contents, root }, 'v1')
    await work(store)
    expect(way.count(on)).toBe(2)
    await expect(work(store)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})
