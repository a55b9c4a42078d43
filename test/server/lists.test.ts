import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { digestOf } from '../../src/model/digest.ts'
import { mediaTypes } from '../../src/model/media-types.ts'
import { makeArtifact, makeImage, openBytes, seed } from '../helpers/images.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { homes } from './homes.ts'
import { raw } from './raw.ts'

describe.each(homes)('lists over %s', (_, home) => {
  let server: TestServer
  beforeEach(async () => {
    server = await startServer({ repositories: await home() })
  })
  afterEach(() => server.close())

  const get = (path: string) => raw(server.url, 'GET', path)
  const list = async (path: string) => {
    const { headers, body } = await get(path)
    const json = JSON.parse(body.toString())
    return { items: json.tags ?? json.repositories, link: headers.link }
  }
  async function fill(name: string, ...tags: string[]) {
    const store = await server.repositories.create(name)
    const image = makeImage({ layers: 0, seed: 'same' })
    for (const tag of tags) await seed(store, image, tag)
    return store
  }

  describe('tags', () => {
    beforeEach(() => fill('app', 'b', 'C', 'a', '10', '9').then(() => undefined))

    it.each([
      ['', ['10', '9', 'a', 'b', 'C'], undefined],
      ['?n=0', [], undefined],
      ['?n=2', ['10', '9'], '</v2/app/tags/list?n=2&last=9>; rel="next"'],
      ['?n=2&last=9', ['a', 'b'], '</v2/app/tags/list?n=2&last=b>; rel="next"'],
      ['?n=2&last=b', ['C'], undefined],
      ['?n=5', ['10', '9', 'a', 'b', 'C'], undefined],
      ['?last=aa', ['b', 'C'], undefined],
      ['?last=zzz', [], undefined],
      ['?n=999999999999', ['10', '9', 'a', 'b', 'C'], undefined],
    ])('%j is %j', async (query, items, link) => {
      expect(await list(`/v2/app/tags/list${query}`)).toEqual({ items, link })
    })

    it.each(['-1', 'x', '1e3', '', '9'.repeat(400)])('refuses n=%s', async n => {
      const refused = await get(`/v2/app/tags/list?n=${n}`)
      expect([refused.status, refused.code]).toEqual([400, 'PAGINATION_NUMBER_INVALID'])
    })

    it('does not know the tags of a repository that is not there', async () => {
      const refused = await get('/v2/nowhere/tags/list')
      expect([refused.status, refused.code]).toEqual([404, 'NAME_UNKNOWN'])
    })
  })

  describe('the catalog', () => {
    it('is empty at first', async () => {
      expect(await list('/v2/_catalog')).toEqual({ items: [], link: undefined })
    })

    it('lists repositories in lexical order, page by page', async () => {
      for (const name of ['z', 'a/b/c', 'a/b', 'a', 'a-b', 'blobs', 'a/blobs', 'index.json']) await fill(name, '1')
      const all = ['a', 'a-b', 'a/b', 'a/b/c', 'a/blobs', 'blobs', 'index.json', 'z']
      expect((await list('/v2/_catalog')).items).toEqual(all)
      const seen: string[] = []
      let path = '/v2/_catalog?n=3'
      for (let page = 0; page < 5 && path !== ''; page += 1) {
        const { items, link } = await list(path)
        seen.push(...items)
        path = /<(.*)>/.exec(String(link ?? ''))?.[1] ?? ''
      }
      expect(seen).toEqual(all)
    })
  })

  describe('referrers', () => {
    const subject = makeImage({ layers: 0, seed: 'subject' })
    const get = async (query = '', name = 'app', digest: string = subject.root.digest) => {
      const { status, headers, body } = await raw(server.url, 'GET', `/v2/${name}/referrers/${digest}${query}`)
      return { status, headers, index: JSON.parse(body.toString()) }
    }

    it('are an index with type and annotations of each, filtered when asked', async () => {
      const store = await fill('app', 'latest')
      for (const type of ['application/a', 'application/b', 'application/a']) {
        await seed(store, makeArtifact({ artifactType: type, subject: subject.root, annotations: { of: type } }))
      }
      const all = await get()
      expect(all.headers['content-type']).toBe(mediaTypes.ociIndex)
      expect(all.headers['oci-filters-applied']).toBeUndefined()
      expect(all.index).toMatchObject({ schemaVersion: 2, mediaType: mediaTypes.ociIndex })
      expect(all.index.manifests).toHaveLength(3)
      const some = await get('?artifactType=application%2Fa')
      expect(some.headers['oci-filters-applied']).toBe('artifactType')
      expect(some.index.manifests).toHaveLength(2)
      expect(some.index.manifests[0]).toMatchObject({
        mediaType: mediaTypes.ociManifest,
        artifactType: 'application/a',
        annotations: { of: 'application/a' },
      })
    })

    it.each(['app', 'nowhere'])('are an empty index for what nobody refers to in %s', async name => {
      await fill('app', 'latest')
      const { status, index } = await get('', name, digestOf(Buffer.from('none')))
      expect([status, index.manifests]).toEqual([200, []])
    })
  })
})

it('T12: a page has at most 1000 items, asked for or not (CVE-2023-2253)', async () => {
  const server = await startServer()
  const store = await server.repositories.create('app')
  const image = makeImage({ layers: 0 })
  await seed(store, image)
  for (let at = 1000; at <= 2000; at += 1) await store.push(image.root, openBytes(Buffer.alloc(0)), { tag: `v${at}` })
  for (const query of ['', '?n=5000', '?n=999999999999']) {
    const { headers, body } = await raw(server.url, 'GET', `/v2/app/tags/list${query}`)
    expect(JSON.parse(body.toString()).tags).toHaveLength(1000)
    expect(headers.link).toBe('</v2/app/tags/list?n=1000&last=v1999>; rel="next"')
  }
  await server.close()
})
