import { describe, expect, it } from 'vitest'
import type { Manifest, ManifestCommand, ManifestFlag } from '../../src/cli/manifest.ts'
import { resolveRequest } from '../../src/cli/resolve.ts'

const flags: Record<string, ManifestFlag> = {
  json: { name: 'json', type: 'boolean', helpGroup: 'GLOBAL' },
  verbose: { name: 'verbose', char: 'v', type: 'boolean', helpGroup: 'GLOBAL' },
  'plain-http': { name: 'plain-http', type: 'option', helpGroup: 'CONNECTION' },
  sort: { name: 'sort', type: 'option' },
}
const command = (id: string, hiddenAliases: string[] = []): ManifestCommand => ({
  id,
  aliases: [],
  hiddenAliases,
  args: {},
  flags,
})
const manifest: Manifest = {
  version: '0.0.0',
  commands: {
    tags: command('tags', ['ls', 'tag ls', 'list-tags']),
    tag: command('tag'),
    copy: command('copy', ['cp', 'image:copy']),
    'manifest:get': command('manifest:get', ['manifest']),
    'blob:get': command('blob:get'),
  },
}
const resolve = (line: string) => resolveRequest(manifest, line === '' ? [] : line.split(' '))

describe('runs', () => {
  it.each([
    ['tags alpine --json', 'tags', 'alpine --json'],
    ['ls alpine', 'tags', 'alpine'],
    ['tag ls alpine', 'tags', 'alpine'],
    ['tag alpine x', 'tag', 'alpine x'],
    ['image copy a b', 'copy', 'a b'],
    ['manifest get a', 'manifest:get', 'a'],
    ['manifest a', 'manifest:get', 'a'],
    ['manifest nginx --platform linux/amd64', 'manifest:get', 'nginx --platform linux/amd64'],
    ['--json -v tags alpine', 'tags', '--json -v alpine'],
    ['--plain-http host tags alpine', 'tags', '--plain-http host alpine'],
    ['--plain-http=host tags alpine', 'tags', '--plain-http=host alpine'],
    ['copy a -- --help', 'copy', 'a -- --help'],
  ])('%s', (line, id, argv) => {
    expect(resolve(line)).toMatchObject({ kind: 'run', command: { id }, argv: argv.split(' ') })
  })
})

describe('helps', () => {
  it.each([
    ['', ''],
    ['--help', ''],
    ['-h', ''],
    ['help', ''],
    ['--json --help', ''],
    ['manifest', 'manifest'],
    ['manifest --help', 'manifest'],
    ['help manifest', 'manifest'],
    ['blob', 'blob'],
    ['blob -v', 'blob'],
    ['blob --json --help', 'blob'],
  ])('%j: the page of %j', (line, topic) => expect(resolve(line)).toEqual({ kind: 'topic-help', topic }))

  it.each([
    ['tags --help', 'tags'],
    ['tags alpine -h', 'tags'],
    ['help tags', 'tags'],
    ['help tag ls', 'tags'],
    ['help manifest get', 'manifest:get'],
    ['--json cp --help', 'copy'],
  ])('%s: the page of %s', (line, id) => expect(resolve(line)).toMatchObject({ kind: 'help', command: { id } }))
})

describe('needs a command', () => {
  it.each([
    ['--json', { topic: '' }],
    ['blob --json', { topic: 'blob' }],
    ['--json blob', { topic: 'blob' }],
    ['manifest --json', { topic: 'manifest' }],
    ['blob --frob', { topic: 'blob', flag: '--frob' }],
    ['blob --frob=1 --json', { topic: 'blob', flag: '--frob=1' }],
    ['--frobnicate', { topic: '', flag: '--frobnicate' }],
    ['--sort name tags alpine', { topic: '', flag: '--sort' }],
  ])('%s', (line, bare) => expect(resolve(line)).toEqual({ kind: 'bare', ...bare }))
})

describe('does not know', () => {
  it.each([
    ['tasg alpine', { words: 'tasg', meant: 'tags' }],
    ['cpoy --help', { words: 'cpoy', meant: 'copy' }],
    ['frobnicate', { words: 'frobnicate' }],
    ['blbo get x', { words: 'blbo', meant: 'blob get' }],
    ['blbo', { words: 'blbo', meant: 'blob' }],
    ['manifest gte x', { words: 'manifest gte', meant: 'manifest get', topic: 'manifest' }],
    ['blob frobnicate --json', { words: 'blob frobnicate', topic: 'blob' }],
    ['__proto__ x', { words: '__proto__' }],
    ['constructor', { words: 'constructor' }],
  ])('%s', (line, unknown) => expect(resolve(line)).toEqual({ kind: 'unknown', ...unknown }))
})
