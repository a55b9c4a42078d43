import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { authenticate } from '../../src/server/authenticate.ts'

const basic = (text: string | Buffer) => `Basic ${Buffer.from(text).toString('base64')}`

/** The name and password that were looked at, and whether the request got through. */
async function tried(authorization: string | undefined, right = true) {
  const asked: string[][] = []
  const request = new IncomingMessage(new Socket())
  request.headers = authorization === undefined ? {} : { authorization }
  const users = {
    check: async (user: string, password: string) => {
      asked.push([user, password])
      return right
    },
  }
  const error: unknown = await authenticate(request, users).then(
    () => undefined,
    failure => failure,
  )
  return { asked, error }
}

describe('RFC 7617: what is understood', () => {
  it.each([
    [basic('me:secret'), 'me', 'secret'],
    [basic('me:a:b:c'), 'me', 'a:b:c'],
    [basic('me:'), 'me', ''],
    [basic(':secret'), '', 'secret'],
    [basic('mé:pässwörd'), 'mé', 'pässwörd'],
    [basic('me:secret').replace('Basic', 'bAsIc'), 'me', 'secret'],
    [basic('me:secret').replace(' ', '   '), 'me', 'secret'],
    [basic('me:??>>').replaceAll('+', '-').replaceAll('/', '_'), 'me', '??>>'],
  ])('%s', async (header, user, password) =>
    expect(await tried(header)).toEqual({ asked: [[user, password]], error: undefined }),
  )

  it.each([
    [undefined],
    [''],
    ['Basic'],
    ['Basic '],
    [basic('nocolon')],
    ['Bearer bWU6c2VjcmV0'],
    ['Basic bWU6c2VjcmV0, Basic bWU6c2VjcmV0'],
    ['Basic bWU6c2VjcmV0 x'],
    ['xBasic bWU6c2VjcmV0'],
  ])('and %j is not, and asks nobody', async header => {
    const { asked, error } = await tried(header)
    expect(asked).toEqual([])
    expect(error).toMatchObject({
      status: 401,
      protocolCode: 'UNAUTHORIZED',
      headers: { 'WWW-Authenticate': 'Basic realm="regctl"' },
    })
  })
})

it('a wrong password is refused in the same words as none', async () => {
  const [wrong, none] = [await tried(basic('me:wrong'), false), await tried(undefined)]
  expect(wrong.asked).toEqual([['me', 'wrong']])
  expect(wrong.error).toMatchObject({ status: 401, message: (none.error as Error).message })
})

it('without users everybody gets through', async () => {
  await expect(authenticate(new IncomingMessage(new Socket()), undefined)).resolves.toBeUndefined()
})
