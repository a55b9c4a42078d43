import { afterEach, describe, expect, it } from 'vitest'
import { testClient } from '../helpers/client.ts'
import { type Recorder, startRecorder } from '../helpers/recorder.ts'
import { collect } from '../store/contract.ts'

let server: Recorder | undefined
afterEach(() => server?.close())

interface Answer {
  status?: number
  body: unknown
  link?: string
}

/** The tags a registry gives that answers each query as told. */
async function tags(answers: Record<string, Answer>) {
  server = await startRecorder((req, res) => {
    const { search } = new URL(req.url ?? '', 'http://x')
    const answer = answers[search] ?? { status: 404, body: {} }
    res.writeHead(answer.status ?? 200, {
      'content-type': 'application/json',
      ...(answer.link && { link: answer.link }),
    })
    res.end(JSON.stringify(answer.body))
  })
  const client = await testClient()
  return collect((await client.openRepository(`${server.host}/demo/app`)).tags())
}
const asked = () => server?.requests.map(({ url }) => new URL(url, 'http://x').search)
const many = (from: number) => Array.from({ length: 1000 }, (_, at) => `t${String(from + at).padStart(5, '0')}`)

describe('a list of tags', () => {
  it.each<[string, unknown, string[]]>([
    ['a list', { tags: ['b', 'a'] }, ['b', 'a']],
    ['null (item 54)', { tags: null }, []],
    ['nothing (item 54)', { name: 'demo/app' }, []],
    ['other things between', { tags: ['a', 5, null, 'b'] }, ['a', 'b']],
  ])('is read from %s', async (_what, body, expected) => {
    expect(await tags({ '?n=1000': { body } })).toEqual(expected)
  })

  it('goes on by Link, and by nothing else once there was one (item 55)', async () => {
    const names = await tags({
      '?n=1000': { body: { tags: ['a'] }, link: '</v2/demo/app/tags/list?n=1000&last=a>; rel="next"' },
      '?n=1000&last=a': { body: { tags: many(0) } },
    })
    expect(names).toHaveLength(1001)
    expect(asked()).toHaveLength(2)
  })

  it('asks once more after a full page without Link (item 56)', async () => {
    const names = await tags({
      '?n=1000': { body: { tags: many(0) } },
      '?n=1000&last=t00999': { body: { tags: ['z'] } },
    })
    expect(names).toHaveLength(1001)
  })

  it('notices a registry that ignores `last`: nothing is told twice (item 56)', async () => {
    const body = { tags: many(0) }
    expect(await tags({ '?n=1000': { body }, '?n=1000&last=t00999': { body } })).toHaveLength(1000)
  })

  it.each([400, 405])('is asked for without a size where %i refuses one (item 57)', async status => {
    const names = await tags({
      '?n=1000': { status, body: { errors: [{ code: 'PAGINATION_NUMBER_INVALID' }] } },
      '': { body: { tags: ['a'] } },
    })
    expect(names).toEqual(['a'])
  })

  it('is not begun anew when a later page fails', async () => {
    const answers = {
      '?n=1000': { body: { tags: ['a', 'b'] }, link: '<?n=1000&last=b>; rel="next"' },
      '?n=1000&last=b': { status: 400, body: {} },
      '': { body: { tags: ['a', 'b'] } },
    }
    await expect(tags(answers)).rejects.toMatchObject({ code: 'FAILED' })
    expect(asked()).toEqual(['?n=1000', '?n=1000&last=b'])
  })

  it.each([[[]], ['x'], [{ tags: 'x' }], [{ tags: {} }]])('refuses %j for one', async body => {
    await expect(tags({ '?n=1000': { body } })).rejects.toMatchObject({ code: 'CONTENT_INVALID' })
  })

  it('T4: follows no Link to another host', async () => {
    await expect(
      tags({ '?n=1000': { body: { tags: [] }, link: '<http://169.254.169.254/>; rel="next"' } }),
    ).rejects.toMatchObject({ code: 'REFUSED' })
    expect(asked()).toHaveLength(1)
  })
})
