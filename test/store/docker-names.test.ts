import { describe, expect, it } from 'vitest'
import { canonicalName, dockerNames, familiarName } from '../../src/store/docker-names.ts'
import { type Entry, refName } from '../../src/store/layout-index.ts'
import { randomBlob } from '../helpers/images.ts'

const digest = `sha256:${'a'.repeat(64)}`

it.each([
  ['nginx', 'docker.io/library/nginx:latest', 'nginx:latest'],
  ['nginx:1', 'docker.io/library/nginx:1', 'nginx:1'],
  ['team/app:1', 'docker.io/team/app:1', 'team/app:1'],
  ['library/nginx:1', 'docker.io/library/nginx:1', 'nginx:1'],
  ['ghcr.io/team/app:1', 'ghcr.io/team/app:1', 'ghcr.io/team/app:1'],
  ['localhost:5000/app:1', 'localhost:5000/app:1', 'localhost:5000/app:1'],
  [`nginx:1@${digest}`, 'docker.io/library/nginx:1', 'nginx:1'],
])('%s is kept as %s and shown as %s', (text, full, short) => {
  expect(canonicalName(text)).toBe(full)
  expect(familiarName(full)).toBe(short)
  expect(canonicalName(short)).toBe(full)
})

it('library is not left out of a longer name, which would then be another', () =>
  expect(familiarName('docker.io/library/a/b:1')).toBe('library/a/b:1'))

it.each(['', '../x', 'NGINX', 'a b'])('%j is no name', text =>
  expect(() => canonicalName(text)).toThrow(expect.objectContaining({ code: 'REFERENCE_INVALID' })),
)

describe('in an archive', () => {
  const entry = (name: string | undefined, content: string): Entry => {
    const { descriptor } = randomBlob(1, 'a/b', content)
    const named = name === undefined ? descriptor : { ...descriptor, annotations: { [refName]: name } }
    return { descriptor: named, raw: { ...named } }
  }
  const [one, two, again] = [
    entry('docker.io/library/nginx:1', 'a'),
    entry('docker.io/library/nginx:2', 'b'),
    entry('docker.io/library/nginx:3', 'a'),
  ]

  it.each<[string, Entry[], string, Entry | undefined]>([
    ['a short name', [one, two], 'nginx:2', two],
    ['a full name', [one, two], 'docker.io/library/nginx:1', one],
    ['one that is not there', [one, two], 'nginx', undefined],
    ['no name, and one image', [one], '', one],
    ['no name, and one image under two names', [one, again], '', one],
    ['no name, and nothing there', [], '', undefined],
  ])('%s', (_, entries, name, expected) => expect(dockerNames.find(entries, name)).toBe(expected))

  it('no name, and several images, is refused with their names', () =>
    expect(() => dockerNames.find([one, two], '')).toThrow(
      expect.objectContaining({
        message: 'the archive holds 2 images, and none is named',
        hint: 'name one: nginx:1, nginx:2',
      }),
    ))

  it('names are listed as Docker shows them, each once', () =>
    expect(dockerNames.list([one, one, entry(undefined, 'c'), two])).toEqual(['nginx:1', 'nginx:2']))
})
