import { describe, expect, it } from 'vitest'
import { findAuth, matchingKeys, removeAuths, removeLegacy, serversIn, storeAuth } from '../../src/credentials/auths.ts'

const auth = (text: string) => ({ auth: Buffer.from(text).toString('base64') })
const user = (name: string) => ({ kind: 'password', username: name, password: 'p' })

describe('T1: whose credential is found', () => {
  it.each<[string, Record<string, object>, string, string | undefined]>([
    ['its own', { 'a.test': auth('me:p') }, 'a.test', 'me'],
    ['in another case', { 'A.Test': auth('me:p') }, 'a.test', 'me'],
    ['with a scheme, as docker wrote it once', { 'https://a.test': auth('me:p') }, 'a.test', 'me'],
    ['with the path of an API', { 'https://a.test/v2/': auth('me:p') }, 'a.test', 'me'],
    ['of Docker Hub', { 'https://index.docker.io/v1/': auth('me:p') }, 'docker.io', 'me'],
    ['of Docker Hub by another name', { 'docker.io': auth('me:p') }, 'docker.io', 'me'],
    ['not of another port', { 'a.test:5000': auth('me:p') }, 'a.test', undefined],
    ['not of a name that ends so', { 'evil-a.test': auth('me:p') }, 'a.test', undefined],
    ['not of a name that begins so', { 'a.test.evil.test': auth('me:p') }, 'a.test', undefined],
    ['not of a sub-domain', { 'sub.a.test': auth('me:p') }, 'a.test', undefined],
    ['not of a namespace', { 'a.test/team': auth('me:p') }, 'a.test', undefined],
    ['not of the host for a namespace', { 'a.test': auth('me:p') }, 'a.test/team', undefined],
    ['of a namespace', { 'a.test/team': auth('me:p') }, 'a.test/team', 'me'],
    ['not of a prototype', {}, 'constructor', undefined],
    ['what docker writes comes first', { 'https://a.test': auth('old:p'), 'a.test': auth('me:p') }, 'a.test', 'me'],
    ['an empty entry is passed over', { 'a.test': {}, 'https://a.test': auth('old:p') }, 'a.test', 'old'],
    ['only empty ones are none', { 'a.test': {} }, 'a.test', undefined],
  ])('%s', (_, auths, server, name) => {
    expect(findAuth(auths, server, 'config.json')).toEqual(name === undefined ? undefined : user(name))
  })
})

it('keys in any spelling, and nobody else', () => {
  const auths = { 'https://a.test/v1/': {}, 'A.test': {}, 'a.test': {}, 'a.test:443': {}, 'b.test': {}, 'a.test/x': {} }
  expect(matchingKeys(auths, 'a.test')).toEqual(['https://a.test/v1/', 'A.test', 'a.test'])
  expect(removeAuths({ auths }, 'a.test')).toEqual(
    ['https://a.test/v1/', 'A.test', 'a.test'].map(key => ({ path: ['auths', key], value: undefined })),
  )
  expect(removeLegacy(auths, 'a.test').map(({ path }) => path)).toEqual([
    ['https://a.test/v1/'],
    ['A.test'],
    ['a.test'],
  ])
  expect(removeAuths({}, 'a.test')).toEqual([])
})

it('the registries of a file: each once, without namespaces', () =>
  expect(
    serversIn({
      'https://index.docker.io/v1/': {},
      'docker.io': {},
      'B.test': {},
      'b.test/team': {},
      'a.test:5000': {},
    }),
  ).toEqual(['docker.io', 'b.test', 'a.test:5000']))

describe('what is stored', () => {
  const login = { kind: 'password', username: 'me', password: 'p' } as const

  it.each<[string, object, string, unknown]>([
    ['beside others', { auths: { 'b.test': {} } }, 'a.test', [{ path: ['auths', 'a.test'], value: auth('me:p') }]],
    ['as the first', {}, 'a.test', [{ path: ['auths'], value: { 'a.test': auth('me:p') } }]],
    ['where the section is null', { auths: null }, 'a.test', [{ path: ['auths'], value: { 'a.test': auth('me:p') } }]],
    [
      "under docker's key for Docker Hub",
      { auths: {} },
      'docker.io',
      [{ path: ['auths', 'https://index.docker.io/v1/'], value: auth('me:p') }],
    ],
  ])('%s', (_, config, registry, expected) => expect(storeAuth({ ...config }, registry, login)).toEqual(expected))

  it('is an empty entry where a helper has it, as docker leaves it', () =>
    expect(storeAuth({ auths: {} }, 'a.test')).toEqual([{ path: ['auths', 'a.test'], value: {} }]))

  it.each([[['x']], ['x'], [1], [false]])('is not put into auths that are %j', auths =>
    expect(() => storeAuth({ auths }, 'a.test', login)).toThrow('auths is not an object'),
  )
})
