import { describe, expect, it } from 'vitest'
import { mirrorPlace, parseMirrorUrl, repositoryBelow } from '../../src/mirror/address.ts'

describe("a mirror's address", () => {
  it.each([
    ['https://mirror.example', 'https://mirror.example'],
    ['https://mirror.example/', 'https://mirror.example'],
    ['https://mirror.example///', 'https://mirror.example'],
    ['HTTPS://Mirror.Example:443/', 'https://mirror.example'],
    ['http://10.0.0.1:80', 'http://10.0.0.1'],
    ['https://mirror.example:5000/a/b/', 'https://mirror.example:5000/a/b'],
    ['https://[FD00::1]:5000', 'https://[fd00::1]:5000'],
    ['https://bücher.example', 'https://xn--bcher-kva.example'],
  ])('%s is %s', (text, normal) => {
    expect(parseMirrorUrl(text)).toBe(normal)
  })

  it.each([
    ['mirror.example', /does not begin with https/],
    ['ftp://mirror.example', /does not begin with https/],
    ['https://', /does not begin with https/],
    ['https:///path', /does not begin with https/],
    ['https://ada:secret@mirror.example', /user name/],
    ['https://@mirror.example', /user name/],
    ['https://mirror.example/?a=b', /query/],
    ['https://mirror.example?', /query/],
    ['https://mirror.example/#x', /fragment/],
    ['https://mirror.example/a//b', /empty parts/],
    ['https://mirror.example/a/../b', /dots/],
    ['https://mirror.example/a/%2e%2e/b', /escapes/],
    ['https://mirror.example:99999', /host or port/],
    ['https://mirror .example', /characters/],
    ['https://mirror.example\n', /characters/],
    ['https://mirror.example\\evil', /characters/],
    ['', /does not begin/],
  ])('T5: %j is none', (text, problem) => {
    expect(() => parseMirrorUrl(text)).toThrow(problem)
  })

  it('T15: the refusal does not repeat a password', () => {
    expect(() => parseMirrorUrl('https://ada:secret@mirror.example')).toThrow(/^(?!.*secret)/)
  })
})

const wanted = { registry: 'docker.io', repository: 'library/nginx' }

it.each([
  [{ url: 'https://m.example/' }, { baseUrl: 'https://m.example', host: 'm.example', resolve: false, ownLogin: false }],
  [{ url: 'https://m.example/v2/' }, { baseUrl: 'https://m.example', repository: 'library/nginx' }],
  [{ url: 'https://m.example/hub' }, { baseUrl: 'https://m.example/hub', name: 'https://m.example/hub' }],
  [
    { url: 'http://m.example:5000', ns: true, resolve: true },
    { host: 'm.example:5000', ns: 'docker.io', resolve: true },
  ],
  [{ url: 'https://m.example', auth: 'own' as const }, { ownLogin: true }],
])('%o', (settings, place) => {
  expect(mirrorPlace(settings, wanted)).toMatchObject(place)
})

it('T18: a path before a repository is a name, too', () => {
  expect(repositoryBelow('/proxy/', 'library/nginx')).toBe('proxy/library/nginx')
  expect(() => repositoryBelow('Proxy', 'library/nginx')).toThrow(/cannot stand before/)
  expect(() => repositoryBelow('..', 'library/nginx')).toThrow(/cannot stand before/)
})
