import { describe, expect, it } from 'vitest'
import { checkRealm, isStrangersRealm } from '../../src/auth/realm.ts'

const registryUrl = 'https://registry.test/v2/a/manifests/1'
const check = (realm: string, more: Partial<Parameters<typeof checkRealm>[0]> = {}) =>
  checkRealm({ realm, registryUrl, hasSecret: false, trusted: [], ...more })
const refused = expect.objectContaining({ code: 'REFUSED', hint: expect.any(String) })

describe('checkRealm', () => {
  it.each<[string, string, string]>([
    [registryUrl, 'https://registry.test/token', 'https://registry.test/token'],
    [registryUrl, '/service/token?a=b', 'https://registry.test/service/token?a=b'],
    [registryUrl, '  https://registry.test/token  ', 'https://registry.test/token'],
    [registryUrl, 'https://registry.test/token#x', 'https://registry.test/token'],
    [registryUrl, 'https://registry.test:8443/token', 'https://registry.test:8443/token'],
    ['http://127.0.0.1:5000/v2/', 'http://127.0.0.1:5001/auth', 'http://127.0.0.1:5001/auth'],
    ['https://10.0.0.5/v2/', 'https://10.0.0.5:444/auth', 'https://10.0.0.5:444/auth'],
    ['https://registry-1.docker.io/v2/', 'https://auth.docker.io/token', 'https://auth.docker.io/token'],
    ['https://registry.gitlab.com/v2/', 'https://gitlab.com/jwt/auth', 'https://gitlab.com/jwt/auth'],
  ])('at %s lets a secret go to %s', (url, realm, expected) => {
    expect(check(realm, { registryUrl: url, hasSecret: true })).toBe(expected)
  })

  it.each([
    ['anonymously', { hasSecret: false }],
    ['when pinned', { hasSecret: true, trusted: ['auth.test'] }],
    ['when pinned with its port', { hasSecret: true, trusted: ['auth.test:443'] }],
    ['at login', { hasSecret: true, trustOnFirstUse: true }],
  ])('lets another public host be asked %s', (_, more) => {
    expect(check('https://auth.test/token', more)).toBe('https://auth.test/token')
  })

  it('lets an internal token server be used that was pinned', () => {
    expect(check('https://10.1.2.3/token', { hasSecret: true, trusted: ['10.1.2.3'] })).toBe('https://10.1.2.3/token')
  })

  it('lets a registry at home have its token server at home, without a secret until it is pinned', () => {
    const home = { registryUrl: 'http://10.0.0.5:5000/v2/' }
    expect(check('http://10.0.0.6/token', home)).toBe('http://10.0.0.6/token')
    expect(() => check('http://10.0.0.6/token', { ...home, hasSecret: true })).toThrow(refused)
  })

  it.each([
    'http://registry.test/token',
    'http://auth.test/token',
    'file:///etc/passwd',
    'ftp://registry.test/token',
    'javascript:alert(1)',
    'data:text/plain,x',
    'https://user:pw@registry.test/token',
    'https://user@registry.test/token',
    'https://:pw@registry.test/token',
    'https://registry.test@evil.test/token',
    'https://127.0.0.1/token',
    'https://localhost/token',
    'https://auth.localhost/token',
    'https://169.254.169.254/latest/meta-data/',
    'https://[fe80::1]/token',
    'https://[::1]/token',
    'https://[::]/token',
    'https://[::ffff:169.254.169.254]/token',
    'https://[64:ff9b::a9fe:a9fe]/token',
    'https://[2002:a9fe:a9fe::]/token',
    'https://[fd00:ec2::254]/token',
    'https://2852039166/token',
    'https://0xa9fea9fe/token',
    'https://0x7f.1/token',
    'https://017700000001/token',
    'https://0.0.0.0/token',
    'https://10.1.2.3/token',
    'https://192.168.1.1/token',
    'https://[bad/token',
    'https://',
  ])('T2, GHSA-xf85-363p-868w: nobody is ever sent to %s', realm => {
    for (const hasSecret of [false, true])
      for (const trustOnFirstUse of [false, true]) {
        expect(() => check(realm, { hasSecret, trustOnFirstUse })).toThrow(refused)
      }
  })

  it.each([
    ['another host', registryUrl, 'https://auth.test/token', []],
    ['a host that ends the same', registryUrl, 'https://evilregistry.test/token', []],
    ['a host that begins the same', registryUrl, 'https://registry.test.evil.test/token', []],
    ['a subdomain', registryUrl, 'https://auth.registry.test/token', []],
    ['another port of a pinned one', registryUrl, 'https://auth.test:8443/token', ['auth.test']],
    ['another port of one pinned with its port', registryUrl, 'https://auth.test:8443/token', ['auth.test:443']],
    [
      'the Hub’s, for who says without encryption to be the Hub',
      'http://registry-1.docker.io/v2/',
      'https://auth.docker.io/token',
      [],
    ],
    ['the Hub’s, for a stranger', registryUrl, 'https://auth.docker.io/token', []],
    ['the Hub’s on another port', 'https://registry-1.docker.io/v2/', 'https://auth.docker.io:444/token', []],
  ])('T2, CVE-2026-24845: keeps a secret from %s', (_, url, realm, trusted) => {
    expect(() => check(realm, { registryUrl: url, hasSecret: true, trusted })).toThrow(refused)
  })

  it('says what to do about a host that was never confirmed', () => {
    const run = () => check('https://auth.test/token', { hasSecret: true })
    expect(run).toThrow(
      'registry.test sends us to a token server on another host (auth.test) that was never confirmed for these credentials, so nothing was sent there',
    )
    expect(run).toThrow(expect.objectContaining({ hint: expect.stringContaining('regctl login registry.test') }))
  })

  it('T2: never shows the user info of a realm', () => {
    expect(() => check('https://bob:hunter2@auth.test/')).toThrow(/^(?!.*(bob|hunter2))/)
  })

  it.each([
    'http://169.254.169.254/',
    'http://[::ffff:169.254.169.254]/token',
    'http://[::ffff:a9fe:a9fe]/token',
    'http://[64:ff9b::a9fe:a9fe]/token',
    'http://[fe80::1]/token',
    'http://[fd00:ec2::254]/token',
    'http://100.100.100.200/token',
    'http://2852039166/token',
  ])('T2: a registry at home cannot send us to the metadata service as %s', realm => {
    expect(() => check(realm, { registryUrl: 'http://127.0.0.1:5000/v2/' })).toThrow(refused)
  })
})

describe('isStrangersRealm', () => {
  it.each<[string, string, string[], boolean, boolean]>([
    ['https://auth.test/token', registryUrl, [], false, true],
    ['https://auth.test/token', registryUrl, [], true, false],
    ['https://auth.test/token', registryUrl, ['auth.test'], false, false],
    ['https://registry.test/token', registryUrl, [], false, false],
    ['https://auth.docker.io/token', 'https://registry-1.docker.io/v2/', [], false, false],
    ['http://10.0.0.6/token', 'http://10.0.0.5/v2/', [], false, false],
  ])('T2: %s, named by %s, trusting %j, nearby %s: %s', (realm, url, trusted, nearby, expected) => {
    expect(isStrangersRealm(realm, { registryUrl: url, trusted, nearby })).toBe(expected)
  })
})
