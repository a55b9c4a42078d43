import { describe, expect, it } from 'vitest'
import { createAnswerer, type Question } from '../../src/auth/answerer.ts'
import { parseChallenges } from '../../src/auth/challenge.ts'
import { createTokenCache } from '../../src/auth/token-cache.ts'
import type { Credential } from '../../src/credentials/credentials.ts'
import type { HttpRequest } from '../../src/http/http.ts'
import { alice, basicOf, createNet, credentialsOf, type Host, tokenHost } from './net.ts'

const request: HttpRequest = { method: 'GET', url: 'https://r.test/v2/a/tags/list' }
const basic = basicOf('alice:hunter2')

function start(credential: Credential | undefined, tokens: Host = tokenHost({ alice: 'hunter2' })) {
  const net = createNet({ 'https://r.test': tokens })
  const credentials = credentialsOf(credential)
  const options = { registry: 'r.test', baseUrl: 'https://r.test', repository: 'a', credentials, tokenSend: net.send }
  const answerer = createAnswerer({ ...options, tokens: createTokenCache() })
  const answer = (header: string, more: Partial<Question> = {}) =>
    answerer.answer({
      request,
      challenges: parseChallenges(header),
      nearby: false,
      sent: undefined,
      credential,
      before: [],
      ...more,
    })
  return { answerer, answer, credentials, net }
}

describe('answer', () => {
  it.each<[string, string, Credential | undefined, string | undefined]>([
    ['Bearer before Basic', 'Basic realm="r", Bearer realm="/t"', alice, 'Bearer alice|repository:a:pull|1'],
    ['Bearer anonymously', 'Bearer realm="/t"', undefined, 'Bearer |repository:a:pull|1'],
    ['Basic where Bearer names no realm', 'Bearer service="s", Basic realm="r"', alice, basic],
    ['nothing to Basic without a password', 'Basic realm="r"', undefined, undefined],
    ['nothing to what nobody knows', 'Negotiate abc==', alice, undefined],
    ['a registry token to anything', 'Negotiate', { kind: 'registry', token: 't' }, 'Bearer t'],
  ])('%s', async (_, header, credential, expected) => {
    await expect(start(credential).answer(header)).resolves.toBe(expected)
  })

  it('has nothing new to say after the same was refused', async () => {
    await expect(start(alice).answer('Basic realm="r"', { sent: basic })).resolves.toBeUndefined()
  })

  it('says nothing a second time to a challenge for the same scope', async () => {
    const challenges = parseChallenges('Bearer realm="/t",scope="repository:a:pull"')
    const { answer, net } = start(alice)
    const before = { challenges, before: challenges, sent: 'Bearer x' }
    await expect(answer('', before)).resolves.toBeUndefined()
    expect(net.arrived).toEqual([])
  })
})

describe('guess', () => {
  it('knows nothing before the first challenge, and does not look for credentials', async () => {
    const { answerer, credentials } = start(alice)
    await expect(answerer.guess(request)).resolves.toBeUndefined()
    expect(credentials.asked).toEqual([])
  })

  it('knows after it', async () => {
    const { answerer, answer } = start(alice)
    const header = await answer('Bearer realm="/t"')
    await expect(answerer.guess(request)).resolves.toBe(header)
  })

  it('lets the registry speak where no token is to be had, but not when the token server is overrun', async () => {
    let status = 200
    const real = tokenHost({ alice: 'hunter2' })
    const { answerer, answer } = start(alice, arrived => (status === 200 ? real(arrived) : { status }))
    await answer('Bearer realm="/t"')
    const write: HttpRequest = { ...request, method: 'PUT' }
    status = 403
    await expect(answerer.guess(write)).resolves.toBeUndefined()
    status = 429
    await expect(answerer.guess(write)).rejects.toMatchObject({ code: 'RATE_LIMITED' })
  })
})

describe('identify', () => {
  it('reads as nobody after the credentials were set aside, and still writes as somebody', async () => {
    const { answerer } = start(alice)
    answerer.setAside()
    await expect(answerer.identify(request)).resolves.toBeUndefined()
    await expect(answerer.identify({ ...request, method: 'PUT' })).resolves.toMatchObject({ credential: alice })
  })
})
