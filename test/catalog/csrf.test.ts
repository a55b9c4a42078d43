import { describe, expect, it } from 'vitest'
import { basic } from '../../src/catalog/basic.ts'
import { csrf } from '../../src/catalog/csrf.ts'
import { stack } from '../../src/http/http.ts'
import { alice, basicOf, createNet } from '../auth/net.ts'

const url = 'https://harbor.test/api/v2.0/x'

describe('the CSRF token of Harbor', () => {
  it('T22: goes back with what changes something, and with nothing that reads', async () => {
    const net = createNet({ 'https://harbor.test': () => ({ headers: { 'x-harbor-csrf-token': 'one' } }) })
    const send = stack(net.send, csrf())
    await send({ method: 'GET', url })
    await send({ method: 'GET', url })
    await send({ method: 'DELETE', url })
    expect(net.arrived.map(({ headers }) => headers?.['x-harbor-csrf-token'])).toEqual([undefined, undefined, 'one'])
  })

  it('answers a refusal that brings a new one, once', async () => {
    let given = 0
    const net = createNet({
      'https://harbor.test': () => ({ status: 403, headers: { 'x-harbor-csrf-token': `token-${++given}` } }),
    })
    expect((await stack(net.send, csrf())({ method: 'DELETE', url })).status).toBe(403)
    expect(net.arrived.map(({ headers }) => headers?.['x-harbor-csrf-token'])).toEqual([undefined, 'token-1'])
  })

  it.each(['a\r\nb', 'a b', 'x'.repeat(5000)])('takes none that is no token: %j', async token => {
    const net = createNet({ 'https://harbor.test': () => ({ headers: { 'x-harbor-csrf-token': token } }) })
    const send = stack(net.send, csrf())
    await send({ method: 'GET', url })
    await send({ method: 'DELETE', url })
    expect(net.arrived.at(-1)?.headers?.['x-harbor-csrf-token']).toBeUndefined()
  })
})

describe('the login for an interface', () => {
  const baseUrl = 'https://harbor.test'
  const found = async () => ({ credential: alice, source: 'a test' })

  it.each([
    'https://evil.test/x',
    'https://harbor.test:444/x',
    'http://harbor.test/x',
    'https://harbor.test.evil.test/x',
  ])('T1: is not for %s', async other => {
    const net = createNet({ [new URL(other).origin]: () => ({}) })
    await stack(net.send, basic({ baseUrl, registry: 'harbor.test', credential: found }))({ method: 'GET', url: other })
    expect(net.arrived[0]?.authorization).toBeUndefined()
  })

  it('is sent from the first request on, looked up once, and says who was refused', async () => {
    let lookups = 0
    const net = createNet({ [baseUrl]: () => ({ status: 401 }) })
    const credential = () => {
      lookups++
      return found()
    }
    const send = stack(net.send, basic({ baseUrl, registry: 'harbor.test', credential }))
    expect(await send({ method: 'DELETE', url })).toMatchObject({
      status: 401,
      refused: { username: 'alice', source: 'a test' },
    })
    expect(await send({ method: 'GET', url })).toMatchObject({ status: 401, refused: { username: 'alice' } })
    expect(net.arrived.map(({ authorization }) => authorization)).toEqual([
      basicOf('alice:hunter2'),
      basicOf('alice:hunter2'),
      undefined,
    ])
    expect(lookups).toBe(1)
  })
})
