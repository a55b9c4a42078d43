import { expect, it } from 'vitest'
import { stack } from '../../src/http/http.ts'
import { type Exchange, trace } from '../../src/http/trace.ts'
import { RegctlError } from '../../src/model/errors.ts'
import { answer, ask } from '../helpers/http-send.ts'

const clock = () => {
  let time = 0
  return () => (time += 7)
}

it('T15: tells what was asked and answered, without a secret', async () => {
  const lines: Exchange[] = []
  const send = stack(
    async () => answer(200, { headers: { 'content-length': '2' }, text: 'ok' }),
    trace(line => lines.push(line), clock()),
  )
  const url = 'https://s3.test/blob?X-Amz-Signature=canary'
  expect((await ask(send, { url, headers: { authorization: 'Bearer canary' } })).text).toBe('ok')
  expect(lines).toEqual([
    { method: 'GET', url: 'https://s3.test/blob?X-Amz-Signature=***', status: 200, milliseconds: 7, bytes: 2 },
  ])
})

it('leaves bytes out where the server does not say', async () => {
  const lines: Exchange[] = []
  await ask(
    stack(
      async () => answer(404),
      trace(line => lines.push(line), clock()),
    ),
    { url: 'https://r.test/v2/' },
  )
  expect(lines[0]).toEqual({ method: 'GET', url: 'https://r.test/v2/', status: 404, milliseconds: 7 })
})

it.each([
  [new RegctlError('UNREACHABLE', 'r.test closed https://u:canary@r.test'), 'r.test closed https://r.test/'],
  [new TypeError('canary'), 'TypeError'],
  ['canary', 'error'],
])('T15: tells of a failure and passes it on', async (failure, error) => {
  const lines: Exchange[] = []
  const send = stack(
    async () => Promise.reject(failure),
    trace(line => lines.push(line), clock()),
  )
  await expect(ask(send, { method: 'PUT', url: 'https://r.test/v2/' })).rejects.toBe(failure)
  expect(lines).toEqual([{ method: 'PUT', url: 'https://r.test/v2/', error, milliseconds: 7 }])
})
