import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { isSignatureRight, knowsSecret, type Shown } from '../../src/webhook/secret.ts'

const shown = (some: Partial<Shown>): Shown => ({ headers: {}, pathToken: undefined, queryToken: undefined, ...some })
const authorization = (text: string) => shown({ headers: { authorization: text } })

describe('T24: who knows the secret', () => {
  it.each<[string, Shown, boolean]>([
    ['nothing', shown({}), false],
    ['Harbor: the header verbatim', authorization('s3cret'), true],
    ['distribution: as a bearer', authorization('Bearer s3cret'), true],
    ['another one', authorization('s3cres'), false],
    ['a beginning', authorization('s3cre'), false],
    ['in capitals', authorization('S3CRET'), false],
    ['Docker Hub: in the path', shown({ pathToken: 's3cret' }), true],
    ['in the query', shown({ queryToken: 's3cret' }), true],
    ['wrong in the header and right in the path', { ...authorization('no'), pathToken: 's3cret' }, true],
    ['empty', shown({ pathToken: '', queryToken: '' }), false],
  ])('%s', (_what, request, expected) => {
    expect(knowsSecret(request, 's3cret')).toBe(expected)
  })

  it('the header may hold a scheme of its own', () => {
    expect(knowsSecret(authorization('Basic dTpw'), 'Basic dTpw')).toBe(true)
  })
})

describe('T24: Nexus signs', () => {
  const compact = '{"a":[1,"é"]}'
  const spaced = '{ "a": [1, "é"] }\n'
  const sign = (text: string, secret = 's3cret') => createHmac('sha1', secret).update(text).digest('hex')

  it.each([
    ['the bytes', compact, sign(compact), true],
    ['in capitals', compact, sign(compact).toUpperCase(), true],
    ['bytes with white space', spaced, sign(spaced), true],
    ['the same JSON without white space', spaced, sign(compact), true],
    ['with another secret', compact, sign(compact, 'other'), false],
    ['another body', compact, sign('{}'), false],
    ['nothing', compact, '', false],
    ['no JSON', '{', sign('{}'), false],
  ])('%s: %s', (_what, body, signature, expected) => {
    const request = shown({ headers: { 'x-nexus-webhook-signature': signature } })
    expect(isSignatureRight(request, Buffer.from(body), 's3cret')).toBe(expected)
  })
})
