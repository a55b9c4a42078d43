import { describe, expect, it } from 'vitest'
import { aliases, namespacesOf, normalizeServer, serverKey } from '../../src/credentials/hosts.ts'

describe('normalizeServer', () => {
  it.each([
    ['ghcr.io', 'ghcr.io'],
    ['GHCR.io', 'ghcr.io'],
    ['https://reg.test/v1/', 'reg.test'],
    ['http://reg.test:5000/v2', 'reg.test:5000'],
    ['HTTPS://Reg.Test/', 'reg.test'],
    ['[::1]:5000', '[::1]:5000'],
    ['docker.io', 'docker.io'],
    ['index.docker.io', 'docker.io'],
    ['registry-1.docker.io', 'docker.io'],
    ['https://index.docker.io/v1/', 'docker.io'],
    ['index.docker.io/v1/', 'docker.io'],
  ])('%s names %s', (key, server) => {
    expect(normalizeServer(key)).toBe(server)
  })

  it.each([
    ['ghcr.io', 'cr.io'],
    ['ghcr.io', 'xghcr.io'],
    ['ghcr.io', 'ghcr.io.evil.test'],
    ['ghcr.io', 'evil.test/ghcr.io'],
    ['ghcr.io', 'https://ghcr.io@evil.test/v1/'],
    ['ghcr.io', 'https://evil.test/?x=ghcr.io'],
    ['ghcr.io', 'evil.test#ghcr.io'],
    ['ghcr.io', 'ghcr.io\\@evil.test'],
    ['ghcr.io', 'ghcr.io.'],
    ['ghcr.io', 'ghcr.io:443'],
    ['ghcr.io', 'ftp://ghcr.io'],
    ['127.0.0.1:5000', '127.0.0.1:50001'],
    ['127.0.0.1:5000', 'victim.127.0.0.1:5000'],
    ['my.azurecr.io', 'evil.azurecr.io.attacker.test'],
    ['docker.io', 'evil.docker.io'],
    ['docker.io', 'https://index.docker.io/v1/access-token'],
    ['docker.io', 'docker.io/library'],
    ['docker.io', ''],
  ])('T1: %s is not %s', (registry, other) => {
    expect(normalizeServer(other)).not.toBe(normalizeServer(registry))
  })

  it('T26: takes a name of a megabyte in its stride', () => {
    expect(normalizeServer(`https://${'a/'.repeat(500_000)}`).length).toBe(999_999)
  })
})

it.each([
  ['docker.io', 'https://index.docker.io/v1/'],
  ['registry-1.docker.io', 'https://index.docker.io/v1/'],
  ['https://index.docker.io/v1/access-token', 'https://index.docker.io/v1/access-token'],
  ['GHCR.io', 'ghcr.io'],
  ['127.0.0.1:5000', '127.0.0.1:5000'],
])('docker stores %s under %s', (registry, key) => {
  expect(serverKey(registry)).toBe(key)
})

it.each(['docker.io', 'ghcr.io', 'localhost:5000'])(
  'every alias of %s names it, and what docker writes stands first',
  registry => {
    const keys = aliases(registry)
    expect(keys[0]).toBe(serverKey(registry))
    expect(new Set(keys.map(normalizeServer))).toEqual(new Set([registry]))
    expect(new Set(keys).size).toBe(keys.length)
  },
)

it('Hub has all its names as aliases', () => {
  expect(aliases('docker.io')).toEqual(
    expect.arrayContaining([
      'docker.io',
      'index.docker.io',
      'registry-1.docker.io',
      'https://registry-1.docker.io/v2/',
    ]),
  )
})

it('namespaces go from the repository outwards', () => {
  expect(namespacesOf('index.docker.io', 'a/b/c')).toEqual(['docker.io/a/b/c', 'docker.io/a/b', 'docker.io/a'])
})
