import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { parseErrorBody, registryError } from '../../src/registry/errors.ts'

const asked = { registry: 'reg.example', what: 'tag 1.2 in reg.example/demo/app' }

function respond(status: number, body: string | Buffer) {
  return { status, headers: {}, url: 'https://reg.example/v2/', body: Readable.from([Buffer.from(body)]) }
}
const withCode = (code: string, message = 'their words') => JSON.stringify({ errors: [{ code, message }] })

describe('the codes of the specification (item 74)', () => {
  it.each([
    [404, 'BLOB_UNKNOWN', 'NOT_FOUND', 'there is no tag 1.2 in reg.example/demo/app: their words'],
    [404, 'BLOB_UPLOAD_INVALID', 'FAILED', 'reg.example refused the upload of tag 1.2'],
    [404, 'BLOB_UPLOAD_UNKNOWN', 'FAILED', 'reg.example no longer knows the upload'],
    [400, 'DIGEST_INVALID', 'CONTENT_MISMATCH', 'digest does not match'],
    [400, 'MANIFEST_BLOB_UNKNOWN', 'NOT_FOUND', 'lacks content that tag 1.2'],
    [400, 'MANIFEST_INVALID', 'CONTENT_INVALID', 'as invalid'],
    [404, 'MANIFEST_UNKNOWN', 'NOT_FOUND', 'there is no tag 1.2'],
    [400, 'NAME_INVALID', 'REFERENCE_INVALID', 'does not allow the name'],
    [404, 'NAME_UNKNOWN', 'NOT_FOUND', 'there is no tag 1.2'],
    [400, 'SIZE_INVALID', 'CONTENT_MISMATCH', 'size does not match'],
    [401, 'UNAUTHORIZED', 'UNAUTHORIZED', 'reg.example wants a login'],
    [403, 'DENIED', 'DENIED', 'reg.example denies access'],
    [405, 'UNSUPPORTED', 'UNSUPPORTED', 'does not support'],
    [429, 'TOOMANYREQUESTS', 'RATE_LIMITED', 'limits requests'],
  ])('%i %s is %s', async (status, code, expected, sentence) => {
    const error = await registryError(respond(status, withCode(code)), asked)
    expect(error.code).toBe(expected)
    expect(error.message).toContain(sentence)
    expect(error.registryCodes).toEqual([code])
    expect(error.status).toBe(status)
  })
})

describe('codes and bodies of the wild (items 74 to 77)', () => {
  it.each([
    [
      'Hub hides what is private',
      401,
      withCode('DENIED', 'requested access to the resource is denied'),
      'UNAUTHORIZED',
    ],
    ['Harbor 2.10 writes NOT_FOUND', 404, withCode('NOT_FOUND', 'repository x not found'), 'NOT_FOUND'],
    ['Harbor policy', 412, withCode('PROJECTPOLICYVIOLATION', 'current image with vulnerabilities'), 'DENIED'],
    ['Red Hat', 404, withCode('UNKNOWN', 'Not Found'), 'NOT_FOUND'],
    ['token server of Docker', 401, '{"details":"incorrect username or password"}', 'UNAUTHORIZED'],
    ['Hub API message', 404, '{"message":"object not found"}', 'NOT_FOUND'],
    ['Hub API detail', 403, '{"detail":"no"}', 'DENIED'],
    ['Hub limit as text', 429, 'You have reached your pull rate limit.', 'RATE_LIMITED'],
    ['HTML', 502, '<html><body>Bad Gateway</body></html>', 'SERVER_FAILED'],
    ['nothing', 503, '', 'SERVER_FAILED'],
    ['errors is no list', 404, '{"errors":{"code":"NAME_UNKNOWN","message":"m"}}', 'NOT_FOUND'],
    ['errors holds nonsense', 400, '{"errors":[null,5,"x",{"code":7}]}', 'FAILED'],
    ['detail is anything', 404, '{"errors":[{"code":"BLOB_UNKNOWN","detail":[[1]]}]}', 'NOT_FOUND'],
    ['an array', 418, '[]', 'FAILED'],
    ['too large', 413, '', 'FAILED'],
    ['not implemented', 501, '', 'UNSUPPORTED'],
    ['code of a prototype', 400, withCode('constructor'), 'FAILED'],
    ['HTTP to HTTPS', 400, 'Client sent an HTTP request to an HTTPS server.\n', 'TLS_FAILED'],
    [
      'HTTP to HTTPS, nginx',
      400,
      '<html><title>400 The plain HTTP request was sent to HTTPS port</title></html>',
      'TLS_FAILED',
    ],
  ])('%s: %i', async (_name, status, body, expected) => {
    const error = await registryError(respond(status, body), asked)
    expect(error.code).toBe(expected)
    expect(error.message).not.toContain('<')
    expect(error.message.length).toBeLessThan(500)
  })

  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(digit => `sha256:${digit.repeat(64)}`)
  it.each<[string, unknown[], string]>([
    ['an object', [{ message: 'blob unknown', detail: { digest: a } }], `blob unknown (${a})`],
    [
      'a text, as distribution 2.8 sends it',
      [
        { message: 'unknown', detail: a },
        { message: 'unknown', detail: b },
      ],
      `unknown (${a}, ${b})`,
    ],
    [
      'a list',
      [{ message: 'unknown', detail: [{ digest: a }, { digest: b }, { digest: c }, { digest: d }] }],
      `unknown (${a}, ${b}, ${c} and 1 more)`,
    ],
    ['the message already', [{ message: `not here: ${a}`, detail: [{ digest: a }] }], `not here: ${a}`],
    ['no digest', [{ message: 'unknown', detail: 'something else' }], 'unknown'],
  ])('names all content that the registry lacks, which it tells as %s (item 49)', (_form, errors, message) => {
    const coded = errors.map(error => ({ code: 'MANIFEST_BLOB_UNKNOWN', ...(error as object) }))
    expect(parseErrorBody(JSON.stringify({ errors: coded })).message).toBe(message)
  })

  it('names the blob that the registry lacks (item 49)', () => {
    const body =
      '{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN","message":"blob unknown","detail":{"digest":"sha256:abc"}}]}'
    expect(parseErrorBody(body).message).toBe('blob unknown (sha256:abc)')
  })

  it.each([
    ['text', 'Authorization: Bearer canary-canary was refused'],
    ['JSON', withCode('DENIED', 'see https://bucket.example/x?X-Amz-Signature=canary')],
    ['JSON of another shape', '{"message":"no access with password=canary"}'],
  ])('T15: hides what looks like a secret in %s', async (_, body) => {
    const { message } = await registryError(respond(403, body), asked)
    expect(message).not.toContain('canary')
    expect(message).toContain('***')
  })

  it('T12: reads no more of an endless body than it needs', async () => {
    let sent = 0
    const endless = Readable.from(
      (function* () {
        for (; sent < 1000; sent++) yield Buffer.alloc(16 * 1024, 'x')
      })(),
      { objectMode: false },
    )
    const error = await registryError({ ...respond(500, ''), body: endless }, asked)
    expect(error.code).toBe('SERVER_FAILED')
    expect(sent).toBeLessThan(50)
    expect(endless.destroyed).toBe(true)
  })

  it('speaks by status when the body breaks', async () => {
    const broken = new Readable({
      read() {
        this.destroy(new Error('cut'))
      },
    })
    await expect(registryError({ ...respond(404, ''), body: broken }, asked)).resolves.toMatchObject({
      code: 'NOT_FOUND',
    })
  })

  it('hints at the login, at --insecure, at fewer jobs', async () => {
    expect((await registryError(respond(401, ''), asked)).hint).toContain('regctl login reg.example')
    expect((await registryError(respond(400, 'client sent an HTTP request to an HTTPS server'), asked)).hint).toContain(
      '--insecure reg.example',
    )
    expect((await registryError(respond(429, ''), asked)).hint).toContain('--jobs')
  })
})

describe('who is to blame', () => {
  const at = (url: string, status: number, body = '', headers = {}) => ({ ...respond(status, body), url, headers })

  it.each([
    [403, 'DENIED', 'cdn.example, where reg.example sent us, did not give us tag 1.2 in reg.example/demo/app'],
    [401, 'DENIED', 'cdn.example, where'],
    [404, 'NOT_FOUND', 'cdn.example, where'],
    [503, 'SERVER_FAILED', 'cdn.example, where'],
  ])('a %i from where a redirect led names that host, and no login', async (status, code, sentence) => {
    const error = await registryError(at('https://cdn.example/blob?sig=canary', status), asked)
    expect(error).toMatchObject({ code, hint: undefined, message: expect.stringContaining(sentence) })
    expect(error.message).toContain(`${status}`)
    expect(error.message).not.toContain('canary')
  })

  it.each([
    ['docker.io', 'https://registry-1.docker.io/v2/'],
    ['reg.example:443', 'https://reg.example/v2/'],
    ['127.0.0.1:5000', 'http://127.0.0.1:5000/v2/'],
  ])('%s itself answers at %s', async (registry, url) => {
    const error = await registryError(at(url, 401), { ...asked, registry })
    expect(error).toMatchObject({ code: 'UNAUTHORIZED', hint: expect.stringContaining(`regctl login ${registry}`) })
  })

  it.each([
    ['ann', 'reg.example did not accept the login of ann (from helper x) for tag 1.2'],
    [undefined, 'reg.example did not accept the token (from helper x) for tag 1.2'],
  ])('a login of %s that was refused is named', async (username, sentence) => {
    const error = await registryError({ ...respond(401, ''), refused: { username, source: 'helper x' } }, asked)
    expect(error).toMatchObject({ code: 'UNAUTHORIZED', message: expect.stringContaining(sentence) })
    expect(error.message).not.toContain('wants a login')
  })

  const html = { 'content-type': 'text/html; charset=utf-8' }
  it.each<[string, number, string, object, boolean]>([
    ['a web page', 404, '<!DOCTYPE html><p>no', {}, true],
    ['a web page, asked by HEAD', 404, '', html, true],
    ['a web page', 403, '<html>', {}, true],
    ['a web page', 400, '<p>', html, true],
    ['text', 404, 'page not found', {}, true],
    ['nothing', 405, '', {}, true],
    ['a web page', 501, '<html>', {}, true],
    ['nothing, asked by HEAD', 404, '', {}, false],
    ['codes', 404, withCode('NAME_UNKNOWN'), {}, false],
    ['codes', 405, withCode('UNSUPPORTED'), {}, false],
    ['a page of a gateway', 502, '<html>', html, false],
    ['a page', 401, '<html>', html, false],
  ])('%s with %i %j %j may come from no registry: %s', async (_, status, body, headers, strange) => {
    const { hint } = await registryError(at('https://reg.example/v2/', status, body, headers), asked)
    const strangeHint = 'reg.example may not be a registry: check host and port'
    expect(hint === strangeHint).toBe(strange)
  })
})
