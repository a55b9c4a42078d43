import { describe, expect, it } from 'vitest'
import type { HttpRequest } from '../../src/http/http.ts'
import { mediaTypes } from '../../src/model/media-types.ts'
import { registryMemory, repositoryAt } from '../../src/registry/endpoint.ts'
import { putTags } from '../../src/registry/put-tags.ts'
import { answer } from '../helpers/http-send.ts'
import { json } from '../helpers/images.ts'

const { bytes, descriptor: target } = json(mediaTypes.ociManifest, { schemaVersion: 2 })

/** What a registry does with a PUT that has these tags in its query. */
type Many = (tags: string[]) => { status?: number; set?: string[]; separator?: string }

/** Puts these tags; what was asked for stands there as `tag`, `a,b` for several, and `@` for the digest. */
async function put(tags: readonly string[], many: Many = () => ({}), one: (tag: string) => number = () => 201) {
  const asked: string[] = []
  const registry = {
    ...registryMemory('registry.test'),
    name: 'registry.test',
    baseUrl: 'https://registry.test',
    async send(request: HttpRequest) {
      const { pathname, searchParams } = new URL(request.url)
      expect(Buffer.concat((await (await request.body?.open())?.toArray()) ?? [])).toEqual(bytes)
      expect(request.headers?.['content-type']).toBe(target.mediaType)
      const wanted = searchParams.getAll('tag')
      const named = pathname.replace('/v2/team/app/manifests/', '')
      if (wanted.length === 0) {
        asked.push(named === target.digest ? '@' : named)
        return answer(one(named), { url: request.url, headers: { 'x-last': named } })
      }
      expect(named).toBe(target.digest)
      asked.push(wanted.join(','))
      const { status = 201, set, separator = ', ' } = many(wanted)
      return answer(status, { url: request.url, headers: set ? { 'oci-tag': set.join(separator) } : {} })
    },
  }
  const place = repositoryAt(registry, 'team/app', { write: true })
  const headers = await putTags(place, { target, bytes }, { tags })
  return { asked, headers, habits: registry.habits }
}
const numbered = (count: number) => Array.from({ length: count }, (_, at) => `v${at}`)

describe('item 51: several tags', () => {
  it.each<[string, string[], Many, string[]]>([
    ['none: the digest', [], () => ({}), ['@']],
    ['one', ['a'], () => ({}), ['a']],
    ['two cost no more than a try', ['a', 'b'], tags => ({ set: tags }), ['a', 'b']],
    ['three, and a registry that knows how', ['a', 'b', 'c'], tags => ({ set: tags }), ['a,b,c']],
    ['three, told without blanks', ['a', 'b', 'c'], set => ({ set, separator: ',' }), ['a,b,c']],
    ['three, told with blanks alone', ['a', 'b', 'c'], set => ({ set, separator: ' ' }), ['a,b,c']],
    ['three, and one that takes no notice', ['a', 'b', 'c'], () => ({}), ['a,b,c', 'a', 'b', 'c']],
    ['some of them set', ['a', 'b', 'c', 'd'], () => ({ set: ['b', 'd'] }), ['a,b,c,d', 'a', 'c']],
    ['others set than were asked for', ['a', 'b', 'c'], () => ({ set: ['x'] }), ['a,b,c', 'a', 'b', 'c']],
    ['each once', ['a', 'b', 'a', 'c'], tags => ({ set: tags }), ['a,b,c']],
    ['the same three times is one', ['a', 'a', 'a'], tags => ({ set: tags }), ['a']],
  ])('%s', async (_, tags, many, expected) => expect((await put(tags, many)).asked).toEqual(expected))

  it('no more than forty in one request', async () => {
    const tags = numbered(85)
    const { asked } = await put(tags, set => ({ set }))
    expect(asked).toEqual([tags.slice(0, 40), tags.slice(40, 80), tags.slice(80)].map(part => part.join(',')))
  })

  it('few are left over are put one by one', async () => {
    const tags = numbered(42)
    expect((await put(tags, set => ({ set }))).asked).toEqual([tags.slice(0, 40).join(','), 'v40', 'v41'])
  })

  it.each([400, 404, 405, 414, 422, 431, 501])('%i to such a request: one by one, and never again', async status => {
    const { asked, habits } = await put(['a', 'b', 'c'], () => ({ status }))
    expect(asked).toEqual(['a,b,c', 'a', 'b', 'c'])
    expect(habits.noTagQuery).toBe(true)
  })

  it.each([401, 403, 429, 500])('%i is told', async status => {
    await expect(put(['a', 'b', 'c'], () => ({ status }))).rejects.toMatchObject({ status })
  })
})

it('a tag that is refused is told, and those behind it are not put', async () => {
  const asked: string[] = []
  const refusing = (tag: string) => {
    asked.push(tag)
    return tag === 'b' ? 403 : 201
  }
  await expect(put(['a', 'b', 'c'], () => ({}), refusing)).rejects.toMatchObject({ code: 'DENIED' })
  expect(asked).toEqual(['a', 'b'])
})

it('gives the headers of the last answer', async () => {
  expect((await put(['a', 'b'])).headers).toMatchObject({ 'x-last': 'b' })
  expect((await put(numbered(3), set => ({ set }))).headers).toMatchObject({ 'oci-tag': 'v0, v1, v2' })
})
