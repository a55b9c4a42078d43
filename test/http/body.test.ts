import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { discard, noBody, readAll } from '../../src/http/body.ts'
import { answer } from '../helpers/http-send.ts'

/** Counts what was read of a body of so many KiB. */
function endless(kib: number) {
  let given = 0
  const body = Readable.from(
    (function* () {
      for (; given < kib; given++) yield Buffer.alloc(1024)
    })(),
  )
  return { response: { ...answer(200), body }, given: () => given }
}

it('no body is at its end however often it is read, and nobody is left listening', async () => {
  const listeners = () => noBody.eventNames().reduce((sum, name) => sum + noBody.listenerCount(name), 0)
  const before = listeners()
  for (let turn = 0; turn < 20; turn++) {
    const headers = { 'content-length': turn % 2 ? '1000000' : '0' }
    expect(await readAll({ ...answer(201), headers, body: noBody }, 0)).toHaveLength(0)
    await discard({ ...answer(201), headers, body: noBody })
  }
  expect(listeners()).toBe(before)
  expect(noBody.readableEnded).toBe(true)
})

describe('readAll', () => {
  it('gives the bytes', async () => {
    expect((await readAll(answer(200, { text: 'abc' }), 3)).toString()).toBe('abc')
    expect((await readAll(answer(200), 0)).length).toBe(0)
  })

  it('T12: stops a little behind its cap, whatever Content-Length says', async () => {
    const { response, given } = endless(1024 * 1024)
    await expect(readAll({ ...response, headers: { 'content-length': '10' } }, 8 * 1024)).rejects.toMatchObject({
      code: 'CONTENT_INVALID',
      message: expect.stringContaining('registry.test'),
    })
    expect(given()).toBeLessThan(72)
    expect(response.body.destroyed).toBe(true)
  })

  it('fails as the body does', async () => {
    const broken = new Error('broke')
    const body = new Readable({ read() {} })
    const reading = readAll({ ...answer(200), body }, 10)
    body.destroy(broken)
    await expect(reading).rejects.toBe(broken)
  })
})

describe('discard', () => {
  it('reads a short body to its end', async () => {
    const { response, given } = endless(8)
    await discard(response)
    expect([given(), response.body.readableEnded]).toEqual([8, true])
  })

  it.each([
    ['without a length', {}, 128],
    ['that says so, unread', { 'content-length': '1073741824' }, 1],
  ])('cuts a long one %s', async (_, headers, atMost) => {
    const { response, given } = endless(1024 * 1024)
    await discard({ ...response, headers })
    expect(given()).toBeLessThan(atMost)
    expect(response.body.destroyed).toBe(true)
  })

  it('never throws', async () => {
    const body = new Readable({ read() {} })
    const done = discard({ ...answer(200), body })
    body.destroy(new Error('broke'))
    await expect(done).resolves.toBeUndefined()
    await expect(discard({ ...answer(200), body })).resolves.toBeUndefined()
  })
})
