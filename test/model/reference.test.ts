import { describe, expect, it } from 'vitest'
import { RegctlError } from '../../src/model/errors.ts'
import {
  apiHost,
  formatReference,
  isReferrersTag,
  isRepository,
  isTag,
  parseReference,
  parseRegistry,
  parseRegistryPrefix,
  parseRepository,
  referenceOf,
  repositoryName,
} from '../../src/model/reference.ts'

const hex = '0123456789abcdef'.repeat(4)
const sha = `sha256:${hex}`

describe('parseReference', () => {
  it.each([
    ['nginx', 'docker.io/library/nginx:latest'],
    ['nginx:1.27', 'docker.io/library/nginx:1.27'],
    ['team/app', 'docker.io/team/app:latest'],
    ['docker.io/nginx', 'docker.io/library/nginx:latest'],
    ['index.docker.io/nginx:1', 'docker.io/library/nginx:1'],
    ['registry-1.docker.io/library/nginx', 'docker.io/library/nginx:latest'],
    ['DOCKER.IO/nginx', 'docker.io/library/nginx:latest'],
    ['docker://nginx', 'docker.io/library/nginx:latest'],
    ['docker://ghcr.io/a/b:c', 'ghcr.io/a/b:c'],
    ['GHCR.io/team:1', 'ghcr.io/team:1'],
    ['LOCALHOST/app', 'localhost/app:latest'],
    ['localhost/app', 'localhost/app:latest'],
    ['localhost', 'docker.io/library/localhost:latest'],
    ['localhost:5000', 'docker.io/library/localhost:5000'],
    ['localhost:5000/app', 'localhost:5000/app:latest'],
    ['host:5000/a/b/c:T.a-G_1', 'host:5000/a/b/c:T.a-G_1'],
    ['[::1]:5000/app', '[::1]:5000/app:latest'],
    ['[FE80::A]/app:1', '[fe80::a]/app:1'],
    ['127.0.0.1:5000/demo/app:1.2', '127.0.0.1:5000/demo/app:1.2'],
    ['xn--exmple-cua.com/x', 'xn--exmple-cua.com/x:latest'],
    ['a.b/c__d/e--f.g_h', 'a.b/c__d/e--f.g_h:latest'],
    [`nginx@${sha}`, `docker.io/library/nginx@${sha}`],
    [`nginx:1@${sha}`, `docker.io/library/nginx:1@${sha}`],
    [`h.io/x@sha512:${hex}${hex}`, `h.io/x@sha512:${hex}${hex}`],
    [`${hex}x`, `docker.io/library/${hex}x:latest`],
  ])('%s is %s', (text, full) => {
    const reference = parseReference(text)
    expect(formatReference(reference)).toBe(full)
    expect(parseReference(full)).toEqual(reference)
  })

  it('gives the parts, and leaves out what is not there', () => {
    expect(parseReference(`h:1/a/b:c@${sha}`)).toEqual({ registry: 'h:1', repository: 'a/b', tag: 'c', digest: sha })
    expect(parseReference('nginx')).toEqual({ registry: 'docker.io', repository: 'library/nginx', tag: 'latest' })
    expect(parseReference('nginx', { defaultTag: false })).toEqual({
      registry: 'docker.io',
      repository: 'library/nginx',
    })
  })

  it.each([
    ['', /empty/],
    ['docker://', /empty/],
    ['Nginx', /lower case: nginx/],
    ['ghcr.io/Team/App', /lower case: team\/app/],
    ['Team/app', /lower case: team\/app/],
    ['h.io/A..B', /its parts have/],
    ['https://ghcr.io/a', /leave out https:\/\//],
    ['HTTP://ghcr.io/a', /leave out HTTP:\/\//],
    ['docker://docker://a', /leave out docker:\/\//],
    ['nginx:', /tag is not valid/],
    ['nginx:-a', /tag is not valid/],
    [`nginx:${'a'.repeat(129)}`, /tag is not valid/],
    ['nginx@sha256:abc', /"nginx@sha256:abc" .* not a digest/],
    [`nginx@${sha.toUpperCase().replace('SHA', 'sha')}`, /not a digest/],
    ['nginx@sha256:../../x', /not a digest/],
    [`nginx@${sha}@${sha}`, /not a digest/],
    [hex, new RegExp(`image id.*NAME@${sha}`)],
    ['host:/x', /host is not valid/],
    ['host:0/x', /host is not valid/],
    ['host:05000/x', /host is not valid/],
    ['host:65536/x', /host is not valid/],
    ['-host.io/x', /host is not valid/],
    ['host..io/x', /host is not valid/],
    ['host./x', /host is not valid/],
    ['my_host:5000/x', /host is not valid/],
    ['999.1.1.1/x', /host is not valid/],
    ['[::1/x', /host is not valid/],
    ['[::g]/x', /host is not valid/],
    ['[::1%25eth0]/x', /"%"/],
    ['ghcr.io/', /repository name/],
    ['ghcr.io/a/', /repository name/],
    ['/a', /repository name/],
    [`@${sha}`, /repository name/],
    [':1', /repository name/],
    ['a___b', /repository name/],
    ['a-/b', /repository name/],
    [`h.io/${'a'.repeat(1025)}`, /repository name/],
  ])('refuses %j', (text, told) => {
    expect(refusal(() => parseReference(text))).toMatch(told)
  })

  it.each([
    ['a/../../v2/_catalog', /repository name/],
    ['h.io/a/../b', /repository name/],
    ['h.io/a//b', /repository name/],
    ['h.io/./b', /repository name/],
    ['../x', /host is not valid/],
    ['h.io/%2e%2e/x', /"%"/],
    ['h.io/a?n=1', /"\?"/],
    ['h.io/a#b', /"#"/],
    ['h.io/a\r\nHost: evil', /line break/],
    ['h.io/a\0', /control character/],
    ['h.io/a b', /space/],
    ['h.io\\a', /"\\\\"/],
    ['exämple.com/x', /write xn--exmple-cua\.com/],
    ['gһcr.io/x', /write xn--gcr-2sd\.io/],
    ['h.io/ünder', /outside ASCII/],
    ['h.io/\u202ex', /outside ASCII/],
    ['user@h.io/x', /not a digest/],
    ['h.io:80:80/x', /host is not valid/],
  ])('T18: %j never reaches a URL', (text, told) => {
    expect(refusal(() => parseReference(text))).toMatch(told)
  })

  it.each([
    'https://alice:hunter2@h.io/x',
    'alice:hunter2@h.io/x',
    'alice:hun@ter2@h.io/x',
    `alice:hunter2@h.io/x@${sha}`,
    `alice:hunter2@h.io/x:1@sha256:bad`,
    'h.io/x?token=hunter2',
    'https://h.io/x#hunter2',
  ])('T15: says nothing of what may be a password in %s', text => {
    for (const parse of [parseReference, parseRepository, parseRegistry, parseRegistryPrefix]) {
      expect(refusal(() => parse(text))).not.toMatch(/hunter2|hun@|alice/)
    }
  })

  it.each([
    ['a letter', 'a'],
    ['a separator', '-'],
    ['a slash', 'a/'],
    ['a colon', ':'],
    ['an at sign', '@'],
    ['a label', 'a.'],
  ])('T26: refuses a megabyte of %s by its length', (_, piece) => {
    const long = piece.repeat(1_000_000 / piece.length)
    for (const text of [long, `docker://${long}`, `h.io/${long}`, `https://${long}`]) {
      for (const parse of [parseReference, parseRegistry, parseRegistryPrefix]) {
        const told = refusal(() => parse(text))
        expect(told).toMatch(/longer than 2048|begins with/)
        expect(told.length).toBeLessThan(500)
      }
    }
    expect(isTag(long)).toBe(false)
    expect(isRepository(long)).toBe(false)
  })
})

describe('parseRepository', () => {
  it.each([
    ['nginx', 'docker.io/library/nginx'],
    ['localhost:5000/a/b', 'localhost:5000/a/b'],
    ['docker://ghcr.io/a', 'ghcr.io/a'],
  ])('%s is %s', (text, full) => {
    const repository = parseRepository(text)
    expect(repositoryName(repository)).toBe(full)
    expect(Object.keys(repository)).toEqual(['registry', 'repository'])
  })

  it.each([
    ['nginx:1.27', /it has a tag.*leave out "1.27": docker.io\/library\/nginx/],
    [`h.io/x@${sha}`, /it has a digest.*h.io\/x$/],
    [`h.io/x:1@${sha}`, /it has a digest/],
  ])('refuses %s', (text, told) => {
    expect(refusal(() => parseRepository(text))).toMatch(told)
  })
})

describe('parseRegistry', () => {
  it.each([
    ['docker.io', 'docker.io'],
    ['index.docker.io', 'docker.io'],
    ['Registry-1.Docker.io', 'docker.io'],
    ['https://index.docker.io/v1/', 'docker.io'],
    ['https://ghcr.io', 'ghcr.io'],
    ['HTTP://Host:5000/v2/', 'host:5000'],
    ['localhost', 'localhost'],
    ['registry:5000', 'registry:5000'],
    ['[::1]:5000', '[::1]:5000'],
    ['ghcr.io/owner', 'ghcr.io'],
  ])('%j is %s', (text, registry) => {
    expect(parseRegistry(text)).toBe(registry)
  })

  it.each([
    ['', /empty/],
    ['https://', /empty/],
    ['ftp://h.io', /begins with ftp/],
    ['user@h.io', /user or a digest/],
    ['h.io:x', /host is not valid/],
    ['::1', /host is not valid/],
    ['h.io?x', /"\?"/],
    ['/x', /host is not valid/],
    ['exämple.com', /xn--exmple-cua\.com/],
  ])('refuses %j', (text, told) => {
    expect(refusal(() => parseRegistry(text))).toMatch(told)
  })
})

describe('parseRegistryPrefix', () => {
  it.each([
    ['ghcr.io', 'ghcr.io', ''],
    ['ghcr.io/', 'ghcr.io', ''],
    ['ghcr.io/team', 'ghcr.io', 'team'],
    ['h:5000/team/ap-', 'h:5000', 'team/ap-'],
    ['https://ghcr.io/team/', 'ghcr.io', 'team/'],
    ['https://index.docker.io/v1/', 'docker.io', ''],
    ['registry/v1', 'registry', 'v1'],
  ])('%j is %s and %j', (text, registry, prefix) => {
    expect(parseRegistryPrefix(text)).toEqual({ registry, prefix })
  })

  it.each([
    ['', /empty/],
    ['h.io/Team', /lower case: team/],
    ['h.io//x', /begin like this/],
    ['h.io/a//x', /begin like this/],
    ['h.io/../x', /begin like this/],
    ['h.io/a..b', /begin like this/],
    ['h.io/a:1', /begin like this/],
    ['h.io/a%2f', /"%"/],
  ])('refuses %j', (text, told) => {
    expect(refusal(() => parseRegistryPrefix(text))).toMatch(told)
  })
})

describe('the rest', () => {
  it('asks for the digest where there is one', () => {
    expect(referenceOf({ tag: 'a', digest: `sha256:${hex}` })).toBe(sha)
    expect(referenceOf({ tag: 'a' })).toBe('a')
    expect(referenceOf({})).toBe('latest')
  })

  it('knows the host that answers for Docker Hub', () => {
    expect(apiHost('docker.io')).toBe('registry-1.docker.io')
    expect(apiHost('ghcr.io')).toBe('ghcr.io')
  })

  it.each([
    ['_a', true],
    ['A.b-c', true],
    ['a'.repeat(128), true],
    ['a'.repeat(129), false],
    ['.a', false],
    ['a\n', false],
    ['a/b', false],
    ['', false],
  ])('isTag(%j) is %s', (text, answer) => {
    expect(isTag(text)).toBe(answer)
  })
})

/** Message and hint. */
function refusal(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    if (error instanceof RegctlError && error.code === 'REFERENCE_INVALID')
      return `${error.message} – ${error.hint ?? ''}`
    throw error
  }
  throw new Error('it was taken')
}

it.each([
  [`sha256-${'a'.repeat(64)}`, true],
  [`sha512-${'b'.repeat(64)}`, true],
  [`sha256-${'a'.repeat(64)}.sig`, false],
  [`sha256-${'a'.repeat(63)}`, false],
  ['latest', false],
])('%s is the tag of a list of referrers: %s (item 64)', (tag, expected) => {
  expect(isReferrersTag(tag)).toBe(expected)
})
