import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTls, type TlsFiles, type TlsOptions } from '../../src/http/tls.ts'
import { type Ca, makeCa, type Pair } from '../helpers/certs.ts'
import { ask, closing, testWire } from '../helpers/http-send.ts'
import { startRecorder } from '../helpers/recorder.ts'

let folder: string
let ca: Ca
let other: Ca
let server: Pair
let client: Pair

beforeAll(async () => {
  ca = await makeCa()
  other = await makeCa('another CA')
  server = await ca.issue({ hosts: ['127.0.0.1', 'localhost'] })
  client = await ca.issue({ hosts: ['client'], client: true })
})
beforeEach(async () => {
  if (folder) await rm(folder, { recursive: true })
  folder = await mkdtemp(join(tmpdir(), 'regctl-tls-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function write(path: string, text: string): Promise<string> {
  const full = join(folder, path)
  await mkdir(dirname(full), { recursive: true })
  await writeFile(full, text)
  return full
}

const tlsFor = (files: Record<string, TlsFiles> = {}, rest: Partial<TlsOptions> = {}) =>
  createTls({ filesFor: host => files[host], certsDirs: [folder], ...rest })

const secure = async () => closing(await startRecorder(undefined, { tls: server }))

describe('certs.d (2.10)', () => {
  it('appends every *.crt to what the machine trusts', async () => {
    await write('reg.test:5000/a.crt', ca.cert)
    await write('reg.test:5000/b.crt', other.cert)
    const settings = await tlsFor()('https://reg.test:5000')
    expect(settings?.ca).toEqual([ca.cert, other.cert])
    expect(settings?.roots?.()).toEqual(expect.arrayContaining([...rootCertificates]))
    expect(settings).not.toHaveProperty('rejectUnauthorized')
  })

  it.each([
    ['https://reg.test', 'reg.test', true],
    ['https://reg.test', 'reg.test:443', true],
    ['https://reg.test:5000', 'reg.test:5000', true],
    ['https://reg.test:5000', 'reg.test', false],
    ['https://reg.test', 'reg.test:5000', false],
    ['https://a.reg.test', 'reg.test', false],
    ['http://reg.test', 'reg.test', false],
  ])('T20: for %s the folder %s counts: %s', async (origin, name, counts) => {
    await write(`${name}/ca.crt`, ca.cert)
    expect((await tlsFor()(origin))?.ca !== undefined).toBe(counts)
  })

  it('takes X.cert with X.key as the client certificate', async () => {
    await write('reg.test/me.cert', client.cert)
    await write('reg.test/me.key', client.key)
    expect(await tlsFor()('https://reg.test')).toEqual({ cert: [client.cert], key: [client.key] })
  })

  it('searches every folder it is told of, and misses none that is not there', async () => {
    await write('two/reg.test/ca.crt', ca.cert)
    const certsDirs = [join(folder, 'absent'), join(folder, 'two')]
    expect((await tlsFor({}, { certsDirs })('https://reg.test'))?.ca).toContain(ca.cert)
  })

  it.each<[string, Record<string, string>, RegExp]>([
    ['a certificate without its key', { 'me.cert': 'x' }, /me\.cert.*me\.key is missing/],
    ['a key without its certificate', { 'me.key': 'x' }, /me\.key.*me\.cert is missing/],
    ['an authority that is none', { 'ca.crt': 'canary' }, /ca\.crt is not a PEM certificate/],
    ['a certificate that is none', { 'me.cert': 'x', 'me.key': 'canary' }, /me\.cert is not a PEM certificate/],
  ])('says which file is wrong: %s', async (_, files, message) => {
    for (const [name, text] of Object.entries(files)) await write(`reg.test/${name}`, text)
    const failed: unknown = await tlsFor()('https://reg.test').catch((error: unknown) => error)
    expect(failed).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) })
    expect(String(failed)).not.toContain('canary')
  })

  it('says so when key and certificate do not belong together', async () => {
    await write('reg.test/me.cert', client.cert)
    await write('reg.test/me.key', server.key)
    await expect(tlsFor()('https://reg.test')).rejects.toMatchObject({
      message: expect.stringContaining('me.key is no usable key'),
    })
  })

  it('goes without a folder that is none', async () => {
    await write('reg.test', 'a file')
    expect(await tlsFor()('https://reg.test')).toBeUndefined()
  })
})

describe('files a person named', () => {
  it.each<[string, (paths: { ca: string; cert: string; key: string }) => TlsFiles, RegExp]>([
    ['no key', ({ cert }) => ({ certFile: cert }), /--key-file/],
    ['no certificate', ({ key }) => ({ keyFile: key }), /--cert-file/],
    ['no such file', () => ({ caFile: '/nowhere/ca.pem' }), /\/nowhere\/ca\.pem cannot be read/],
  ])('%s', async (_, files, message) => {
    const paths = {
      ca: await write('ca.pem', ca.cert),
      cert: await write('c.pem', client.cert),
      key: await write('k.pem', client.key),
    }
    await expect(tlsFor({ 'reg.test': files(paths) })('https://reg.test')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(message),
    })
  })

  it('takes SSL_CERT_FILE for every host, and keeps NODE_EXTRA_CA_CERTS beside it', async () => {
    const rest = { sslCertFile: await write('a.pem', ca.cert), extraCa: await write('b.pem', other.cert) }
    expect((await tlsFor({}, rest)('https://any.test'))?.ca).toEqual(expect.arrayContaining([ca.cert, other.cert]))
    expect(await tlsFor({}, { extraCa: rest.extraCa })('https://any.test')).toBeUndefined()
    const same = { sslCertFile: rest.sslCertFile, extraCa: rest.sslCertFile }
    expect((await tlsFor({}, same)('https://any.test'))?.ca).toEqual([ca.cert])
    expect((await tlsFor({}, { ...rest, extraCa: '/nowhere' })('https://any.test'))?.ca).toContain(ca.cert)
  })

  it('reads once', async () => {
    const path = await write('ca.pem', ca.cert)
    const tls = tlsFor({ 'reg.test': { caFile: path } })
    const first = await tls('https://reg.test')
    await rm(path)
    expect(await tls('https://reg.test')).toBe(first)
  })
})

describe('on a real connection', () => {
  it('trusts a named CA, shows the client certificate, and keeps the connection', async () => {
    const registry = await secure()
    const files = {
      [registry.host]: {
        caFile: await write('ca.pem', ca.cert),
        certFile: await write('c.pem', client.cert),
        keyFile: await write('k.pem', client.key),
      },
    }
    const send = testWire({ tls: tlsFor(files) })
    for (let turn = 0; turn < 2; turn++) expect((await ask(send, { url: registry.url })).status).toBe(200)
    expect(registry.requests.map(({ clientCert }) => clientCert)).toEqual(['client', 'client'])
    expect(registry.connections()).toBe(1)
  })

  it('T20: --insecure for one registry is for that one alone', async () => {
    const [a, b] = [await secure(), await secure()]
    const send = testWire({ tls: tlsFor({ [a.host]: { insecure: true } }) })
    expect((await ask(send, { url: a.url })).status).toBe(200)
    await expect(ask(send, { url: b.url })).rejects.toMatchObject({ code: 'TLS_FAILED' })
    await expect(ask(send, { url: `https://localhost:${a.port}` })).rejects.toMatchObject({ code: 'TLS_FAILED' })
    expect(b.requests).toHaveLength(0)
  })

  it('T20: a CA for one registry is for that one alone', async () => {
    const [a, b] = [await secure(), await secure()]
    const send = testWire({ tls: tlsFor({ [a.host]: { caFile: await write('ca.pem', ca.cert) } }) })
    expect((await ask(send, { url: a.url })).status).toBe(200)
    await expect(ask(send, { url: b.url })).rejects.toMatchObject({ code: 'TLS_FAILED' })
  })

  it.each([true, false])('trusts what this machine trusts beside the CA that was named (pump: %s)', async pump => {
    const server = await secure()
    let asked = 0
    const roots = () => {
      asked++
      return [ca.cert]
    }
    const send = testWire({ pump, tls: async () => ({ ca: [other.cert], roots }) })
    const answers = await Promise.all([1, 2, 3].map(() => ask(send, { url: server.url })))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(asked).toBe(1)
  })

  it('does not read what this machine trusts where the CA that was named does', async () => {
    const server = await secure()
    const roots = () => {
      throw new Error('read')
    }
    const send = testWire({ tls: async () => ({ ca: [ca.cert], roots }) })
    expect((await ask(send, { url: server.url })).status).toBe(200)
  })

  it('T20: fails when nobody has signed it, named or not', async () => {
    const server = await secure()
    const send = testWire({ tls: async () => ({ ca: [other.cert], roots: () => [other.cert] }) })
    await expect(ask(send, { url: server.url })).rejects.toMatchObject({ code: 'TLS_FAILED' })
    expect(server.requests).toHaveLength(0)
  })

  it.each<[string, () => Promise<Pair>, boolean, RegExp, RegExp]>([
    ['an unknown CA', async () => server, false, /nobody this machine trusts/, /--ca-file.*--insecure 127\.0\.0\.1:/],
    [
      'an expired certificate',
      () => ca.issue({ hosts: ['127.0.0.1'], notAfter: new Date(Date.now() - 60_000) }),
      true,
      /has expired/,
      /renewed/,
    ],
    [
      'another name',
      () => ca.issue({ hosts: ['elsewhere.test'] }),
      true,
      /for another name/,
      /name in the certificate/,
    ],
  ])('T20: says what is wrong with %s', async (_, pair, trusted, message, hint) => {
    const registry = closing(await startRecorder(undefined, { tls: await pair() }))
    const send = testWire({ tls: async () => (trusted ? { ca: [ca.cert] } : undefined) })
    const failed: unknown = await ask(send, { url: registry.url }).catch((error: unknown) => error)
    expect(failed).toMatchObject({
      code: 'TLS_FAILED',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    })
    expect(registry.requests).toHaveLength(0)
  })

  it('T20: says that a host speaks plain HTTP, and does not try that by itself', async () => {
    const registry = closing(await startRecorder())
    await expect(ask(testWire(), { url: registry.url.replace('http:', 'https:') })).rejects.toMatchObject({
      code: 'TLS_FAILED',
      message: expect.stringContaining('plain HTTP'),
      hint: `allow that with --plain-http ${registry.host}`,
    })
    expect(registry.requests).toHaveLength(0)
  })

  it('T20: does not fall back to plain HTTP where HTTPS is refused', async () => {
    const registry = await startRecorder()
    await registry.close()
    await expect(ask(testWire(), { url: registry.url.replace('http:', 'https:') })).rejects.toMatchObject({
      code: 'UNREACHABLE',
    })
  })

  it('says that a client certificate is wanted', async () => {
    const registry = closing(
      await startRecorder(undefined, { tls: { ...server, ca: ca.cert, requestCert: true, rejectUnauthorized: true } }),
    )
    const send = testWire({ tls: async () => ({ ca: [ca.cert] }) })
    await expect(ask(send, { url: registry.url })).rejects.toMatchObject({
      code: 'TLS_FAILED',
      hint: expect.stringContaining('--cert-file'),
    })
  })
})
