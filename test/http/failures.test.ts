import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { failureOf, isUnknownIssuer } from '../../src/http/failures.ts'
import { RegctlError } from '../../src/model/errors.ts'

const withCode = (code: string, message = 'it broke') => Object.assign(new Error(message), { code })
const host = 'a.test:5000'

describe('what the system says, in words', () => {
  it.each([
    ['ENOTFOUND', 'UNREACHABLE', 'there is no host named a.test:5000'],
    ['EAI_AGAIN', 'UNREACHABLE', 'the name a.test:5000 could not be resolved just now'],
    ['ECONNREFUSED', 'UNREACHABLE', 'a.test:5000 refused the connection'],
    ['ECONNRESET', 'UNREACHABLE', 'a.test:5000 closed the connection in the middle'],
    ['EPIPE', 'UNREACHABLE', 'a.test:5000 closed the connection in the middle'],
    ['ETIMEDOUT', 'UNREACHABLE', 'a.test:5000 did not answer'],
    ['EHOSTUNREACH', 'UNREACHABLE', 'there is no route to a.test:5000'],
    ['ENETUNREACH', 'UNREACHABLE', 'there is no route to a.test:5000'],
    ['HPE_HEADER_OVERFLOW', 'UNREACHABLE', 'a.test:5000 sent more headers than 64 KiB'],
    ['HPE_INVALID_CONSTANT', 'UNREACHABLE', 'a.test:5000 does not speak HTTP'],
    ['ENEW', 'UNREACHABLE', 'the connection to a.test:5000 failed (ENEW)'],
    ['toString', 'UNREACHABLE', 'the connection to a.test:5000 failed (toString)'],
    ['', 'UNREACHABLE', 'the connection to a.test:5000 failed'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'TLS_FAILED', 'the certificate of a.test:5000 is signed by nobody'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'TLS_FAILED', 'the certificate of a.test:5000 is signed by nobody'],
    ['CERT_HAS_EXPIRED', 'TLS_FAILED', 'the certificate of a.test:5000 has expired'],
    ['CERT_NOT_YET_VALID', 'TLS_FAILED', 'the certificate of a.test:5000 is not valid yet'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'TLS_FAILED', 'the certificate of a.test:5000 is for another name'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'TLS_FAILED', 'a.test:5000 speaks plain HTTP where HTTPS was due'],
    ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'TLS_FAILED', 'a.test:5000 speaks plain HTTP where HTTPS was due'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'TLS_FAILED', 'a.test:5000 asks for a client certificate'],
    ['CERT_REVOKED', 'TLS_FAILED', 'no encrypted connection to a.test:5000 came about (CERT_REVOKED)'],
    ['INVALID_CA', 'TLS_FAILED', 'no encrypted connection to a.test:5000 came about (INVALID_CA)'],
  ])('%s: %s, %s', (code, expected, sentence) => {
    const cause = withCode(code)
    const failure = failureOf(cause, host)
    expect(failure).toMatchObject({ code: expected, message: expect.stringContaining(sentence), cause })
    expect(failure.hint).toMatch(/./)
  })

  it.each([
    ['140:error:0A00010B:SSL routines::wrong version number', 'a.test:5000 speaks plain HTTP'],
    ['140:error:1408F10B:SSL routines:packet length too long', 'a.test:5000 speaks plain HTTP'],
    ['140:error:something else', 'no encrypted connection to a.test:5000 came about (EPROTO)'],
  ])('EPROTO with %j: %s', (message, sentence) =>
    expect(failureOf(withCode('EPROTO', message), host)).toMatchObject({
      code: 'TLS_FAILED',
      message: expect.stringContaining(sentence),
    }),
  )

  it.each([
    ['ECONNREFUSED', 'a.test:5000 (through the proxy proxy.test:3128) refused the connection'],
    ['HPE_INVALID_CONSTANT', 'a.test:5000 (through the proxy proxy.test:3128) does not speak HTTP'],
    ['ENEW', 'the connection to a.test:5000 (through the proxy proxy.test:3128) failed (ENEW)'],
  ])('%s through a proxy: %s', (code, sentence) =>
    expect(failureOf(withCode(code), host, 'proxy.test:3128').message).toBe(sentence),
  )
})

describe('of several errors', () => {
  const refused = withCode('ECONNREFUSED')

  it.each<[string, unknown]>([
    ['the innermost', new Error('outer', { cause: new Error('inner', { cause: refused }) })],
    ['the first attempt', new AggregateError([refused, withCode('ENETUNREACH')])],
    ['the first attempt of an inner one', new Error('outer', { cause: new AggregateError([refused]) })],
  ])('%s tells', (_, error) =>
    expect(failureOf(error, host)).toMatchObject({ message: 'a.test:5000 refused the connection', cause: refused }),
  )

  it('an error of ours is handed back as it is, however deep', () => {
    const own = new RegctlError('REFUSED', 'a private address')
    expect(failureOf(own, host)).toBe(own)
    expect(failureOf(new Error('outer', { cause: own }), host)).toBe(own)
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a text', 'broken'],
    ['an empty one', new AggregateError([])],
    ['a number for a code', Object.assign(new Error('x'), { code: 7 })],
  ])('%s is a failure too', (_, error) =>
    expect(failureOf(error, host)).toMatchObject({ code: 'UNREACHABLE', message: `the connection to ${host} failed` }),
  )

  it('a ring of causes ends', () => {
    const ring = new Error('one')
    ring.cause = new Error('two', { cause: ring })
    expect(failureOf(ring, host).code).toBe('UNREACHABLE')
    expect(isUnknownIssuer(ring)).toBe(false)
  })
})

it.each(['options', 'request'])("T15: an error of the client's own, with its %s, is not kept", name => {
  const client = Object.assign(withCode('ENEW'), { [name]: { headers: { authorization: 'Bearer canary-token' } } })
  const failure = failureOf(new Error('outer', { cause: client }), host)
  expect(failure.cause).toBeUndefined()
  expect(inspect(failure, { depth: 20, showHidden: true })).not.toContain('canary-token')
})

it.each([
  ['SELF_SIGNED_CERT_IN_CHAIN', true],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', true],
  ['CERT_HAS_EXPIRED', false],
  ['ERR_TLS_CERT_ALTNAME_INVALID', false],
  ['ECONNRESET', false],
])('%s: by an unknown issuer, %s', (code, expected) => {
  expect(isUnknownIssuer(withCode(code))).toBe(expected)
  expect(isUnknownIssuer(new Error('outer', { cause: withCode(code) }))).toBe(expected)
})
