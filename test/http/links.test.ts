import { describe, expect, it } from 'vitest'
import { readAll } from '../../src/http/body.ts'
import type { Send } from '../../src/http/http.ts'
import { maxPageBytes, nextPage, type Page, pages } from '../../src/http/links.ts'
import { answer } from '../helpers/http-send.ts'

const here = 'https://reg.test/v2/a/tags/list?n=2'

describe('nextPage', () => {
  it.each<[string, string, string | undefined]>([
    ['relative', '</v2/a/tags/list?n=2&last=b>; rel="next"', 'https://reg.test/v2/a/tags/list?n=2&last=b'],
    ['absolute', '<https://reg.test:443/v2/a/tags/list?last=b>; rel="next"', 'https://reg.test/v2/a/tags/list?last=b'],
    ['a query alone', '<?last=b>; rel="next"', 'https://reg.test/v2/a/tags/list?last=b'],
    ['unquoted rel', '<?last=b>;rel=next', 'https://reg.test/v2/a/tags/list?last=b'],
    ['upper case', '<?last=b>; REL="NEXT"', 'https://reg.test/v2/a/tags/list?last=b'],
    ['several relations', '<?last=b>; rel="last next"', 'https://reg.test/v2/a/tags/list?last=b'],
    [
      'several links',
      '<?first>; rel="first", <?last=b>; rel="next", <?z>; rel="last"',
      'https://reg.test/v2/a/tags/list?last=b',
    ],
    ['more parameters', '<?last=b>; title="a, b; rel=prev"; rel="next"; x', 'https://reg.test/v2/a/tags/list?last=b'],
    ['commas in the address', '<?last=a,b;c&x=>; rel="next"', 'https://reg.test/v2/a/tags/list?last=a,b;c&x='],
    ['a query kept as it is', "<?last=a%2Fb+c'd>; rel=next", "https://reg.test/v2/a/tags/list?last=a%2Fb+c'd"],
    [
      'another path at the same place (NX#1011)',
      '</repository/x/v2/a/tags/list?n=2&last=b>; rel="next"',
      'https://reg.test/v2/a/tags/list?n=2&last=b',
    ],
    ['rel inside a text', '<?last=b>; title="; rel=next"', undefined],
    ['only previous', '<?last=b>; rel="prev"', undefined],
    ['no rel', '<?last=b>', undefined],
    ['no link', 'nonsense', undefined],
    ['an open one', '<?last=b; rel="next"', undefined],
    ['empty', '', undefined],
  ])('%s (item 55)', (_, link, expected) => expect(nextPage({ headers: { link } }, here)).toBe(expected))

  it('is nothing without the header', () => expect(nextPage({ headers: {} }, here)).toBeUndefined())

  it.each([
    'http://169.254.169.254/',
    '//evil.test/v2/a/tags/list?last=b',
    'https://reg.test:444/v2/a/tags/list?last=b',
    'http://reg.test/v2/a/tags/list?last=b',
    'https://cdn.reg.test/',
    'https://user:pass@reg.test/v2/a/tags/list',
    'file:///etc/passwd',
    'https://[',
  ])('T4: refuses %s', target => {
    expect(() => nextPage({ headers: { link: `<${target}>; rel="next"` } }, here)).toThrow(
      expect.objectContaining({ code: 'REFUSED' }),
    )
  })

  it('T26: takes a hostile header in its stride', () => {
    for (const text of ['<', '<>;', '<>;\t', ',', '<a>;b="', '<a>; rel = ', ' ;'])
      expect(nextPage({ headers: { link: text.repeat(100_000) } }, here)).toBeUndefined()
  })
})

describe('pages', () => {
  const read = async (response: Awaited<ReturnType<Send>>): Promise<Page<string>> => ({
    items: (await readAll(response, maxPageBytes)).toString(),
  })

  async function all(send: Send, reader: Parameters<typeof pages<string>>[2] = read, limit = Number.POSITIVE_INFINITY) {
    const items: string[] = []
    for await (const page of pages(send, { method: 'GET', url: here, headers: { accept: 'a/b' } }, reader)) {
      items.push(page)
      if (items.length >= limit) break
    }
    return items
  }

  it('reads page after page, with the same headers', async () => {
    const urls: string[] = []
    const send: Send = async ({ url, headers }) => {
      urls.push(`${url} ${headers?.accept}`)
      const link = urls.length < 3 ? { link: `<?last=${urls.length}>; rel="next"` } : {}
      return answer(200, { url, headers: link, text: `page ${urls.length}` })
    }
    expect(await all(send)).toEqual(['page 1', 'page 2', 'page 3'])
    expect(urls).toEqual(['?n=2', '?last=1', '?last=2'].map(query => `https://reg.test/v2/a/tags/list${query} a/b`))
  })

  it('asks for a page only when it is wanted', async () => {
    let asked = 0
    const send: Send = async ({ url }) => answer(200, { url, headers: { link: `<?last=${++asked}>; rel="next"` } })
    expect(await all(send, read, 2)).toHaveLength(2)
    expect(asked).toBe(2)
  })

  it('goes where the reader says when there is no Link (item 56)', async () => {
    const send: Send = async ({ url }) => answer(200, { url, text: url })
    const reader = async (response: Awaited<ReturnType<Send>>, url: string): Promise<Page<string>> => ({
      ...(await read(response)),
      otherwise: url === here ? `${here}&last=b` : undefined,
    })
    expect(await all(send, reader)).toEqual([here, `${here}&last=b`])
  })

  it('T4: sends nothing to a page elsewhere', async () => {
    const urls: string[] = []
    const send: Send = async ({ url }) => {
      urls.push(url)
      return answer(200, { url, headers: { link: '<http://169.254.169.254/>; rel="next"' } })
    }
    await expect(all(send)).rejects.toMatchObject({ code: 'REFUSED' })
    expect(urls).toEqual([here])
  })

  it('T12: stops at a page that was there before', async () => {
    const links = ['?last=1', '?last=2', '?last=1']
    let asked = 0
    const send: Send = async ({ url }) => answer(200, { url, headers: { link: `<${links[asked++ % 3]}>; rel="next"` } })
    expect(await all(send)).toHaveLength(3)
    expect(asked).toBe(3)
  })

  it('T12: stops at ten thousand pages', async () => {
    let asked = 0
    const send: Send = async ({ url }) => answer(200, { url, headers: { link: `<?last=${++asked}>; rel="next"` } })
    await expect(all(send)).rejects.toMatchObject({
      code: 'CONTENT_INVALID',
      message: expect.stringContaining('reg.test'),
    })
    expect(asked).toBe(10_000)
  })
})
