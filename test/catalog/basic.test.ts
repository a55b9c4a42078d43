import { describe, expect, it } from 'vitest'
import { basic } from '../../src/catalog/basic.ts'
import type { FoundCredential } from '../../src/credentials/credentials.ts'
import type { HttpRequest } from '../../src/http/http.ts'
import { answer } from '../helpers/http-send.ts'

const ada: FoundCredential = { credential: { kind: 'password', username: 'ada', password: 'secret' }, source: 'file' }
const adasHeader = `Basic ${Buffer.from('ada:secret').toString('base64')}`
const api = 'https://harbor.example/api/v2.0/projects'

/** An interface that answers as it is told to whoever logs in, and to everybody else. */
function meet({ known, open = 200, found = ada }: { known: number; open?: number; found?: FoundCredential | null }) {
  const sent: (string | undefined)[] = []
  const notices: string[] = []
  let lookedUp = 0
  const send = basic({
    baseUrl: 'https://harbor.example',
    registry: 'harbor.example',
    credential: async () => {
      lookedUp++
      return found ?? undefined
    },
    notify: ({ message }) => notices.push(message),
  })(async ({ headers }) => {
    sent.push(headers?.authorization)
    return answer(headers?.authorization === undefined ? open : known)
  })
  const ask = (request: Partial<HttpRequest> = {}) => send({ method: 'GET', url: api, ...request })
  return { ask, sent, notices, lookedUp: () => lookedUp }
}

describe("a login at a product's own interface", () => {
  it('goes along from the first request on, and is looked up once', async () => {
    const { ask, sent, lookedUp } = meet({ known: 200 })
    await Promise.all([ask(), ask()])
    expect([sent, lookedUp()]).toEqual([[adasHeader, adasHeader], 1])
  })

  it.each(['https://else.example/api', 'http://harbor.example/api', 'https://harbor.example:8443/api'])(
    'T1: does not go to %s',
    async url => {
      const { ask, sent } = meet({ known: 200 })
      await ask({ url })
      expect(sent).toEqual([undefined])
    },
  )

  it('is none where there is none', async () => {
    const { ask, sent } = meet({ known: 200, found: null })
    expect((await ask()).status).toBe(200)
    expect(sent).toEqual([undefined])
  })

  it('is set aside for reading when it is refused and anybody may read, and that is told once', async () => {
    const { ask, sent, notices } = meet({ known: 401 })
    expect([(await ask()).status, (await ask()).status]).toEqual([200, 200])
    expect(sent).toEqual([adasHeader, undefined, undefined])
    expect(notices).toEqual(['The credentials for harbor.example from file were refused; reading on without them'])
  })

  it.each([401, 403])('is named as the one that was refused where nobody may read either: %d', async open => {
    const { ask, notices } = meet({ known: 401, open })
    expect(await ask()).toMatchObject({ status: 401, refused: { username: 'ada', source: 'file' } })
    expect(notices).toEqual([])
  })

  it('is never left out of what writes', async () => {
    const { ask, sent } = meet({ known: 401 })
    await ask()
    sent.length = 0
    expect(await ask({ method: 'DELETE' })).toMatchObject({ status: 401, refused: { username: 'ada' } })
    expect(sent).toEqual([adasHeader])
  })
})
