import { expect, it } from 'vitest'
import type { HttpRequest, Send } from '../../src/http/http.ts'
import { isNearby, neighbours } from '../../src/http/neighbours.ts'
import { answer } from '../helpers/http-send.ts'

const registry = 'https://registry.corp'

/** Asks the registry, then its storage as a stranger; whether the second was held to public addresses. */
async function storageAfter(remoteAddress: string | undefined, first = `${registry}/v2/`): Promise<boolean> {
  const seen: HttpRequest[] = []
  const wire: Send = async request => {
    seen.push(request)
    return { ...answer(200, { url: request.url }), remoteAddress }
  }
  const send = neighbours(registry)(wire)
  await send({ method: 'POST', url: first })
  await send({ method: 'PUT', url: 'https://storage.corp/upload', publicOnly: true })
  return seen[1]?.publicOnly === true
}

it.each([
  ['at 10.1.2.3', '10.1.2.3', false],
  ['at fd00::1', 'fd00::1', false],
  ['at 8.8.8.8', '8.8.8.8', true],
  ['behind a proxy', undefined, true],
])('T3: a registry %s, its storage held to public addresses: %s %s', async (_, address, held) => {
  expect(await storageAfter(address)).toBe(held)
})

it('T3: another host at an internal address vouches for nobody', async () => {
  expect(await storageAfter('10.1.2.3', 'https://other.corp/')).toBe(true)
})

it('T3: the latest answer of the registry itself counts', async () => {
  const seen: unknown[] = []
  let remoteAddress = ''
  const send = neighbours(registry)(async request => {
    seen.push(request.publicOnly)
    return { ...answer(200, { url: request.url }), remoteAddress }
  })
  for (const [address, url] of [
    ['10.1.2.3', registry],
    ['8.8.8.8', 'https://other.corp/'],
    ['8.8.8.8', registry],
    ['10.1.2.3', 'https://other.corp/'],
    ['10.1.2.3', registry],
    ['10.1.2.3', registry],
  ] as const) {
    remoteAddress = address
    await send({ method: 'GET', url, publicOnly: true })
  }
  // Held to public addresses or not, by what had been seen before.
  expect(seen).toEqual([true, undefined, undefined, true, true, undefined])
})

it.each([
  ['10.0.0.1', true],
  ['8.8.8.8', false],
  [undefined, false],
])('T2: an answer from %s is nearby: %s', (remoteAddress, nearby) => {
  expect(isNearby({ ...answer(401), remoteAddress })).toBe(nearby)
})
