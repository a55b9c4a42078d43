import { describe, expect, it } from 'vitest'
import { type Entry, refName } from '../../src/store/layout-index.ts'
import { entryNamed, tagsOf } from '../../src/store/layout-names.ts'
import { randomBlob } from '../helpers/images.ts'

/** `NAME=content`; no name where nothing stands before `=`. */
const entries = (texts: readonly string[]): Entry[] =>
  texts.map(text => {
    const at = text.lastIndexOf('=')
    const { descriptor } = randomBlob(1, 'a/b', text.slice(at + 1))
    const named = at > 0 ? { ...descriptor, annotations: { [refName]: text.slice(0, at) } } : descriptor
    return { descriptor: named, raw: { ...named } }
  })

describe('the entry that a name means', () => {
  it.each<[string, string[], string, number | undefined]>([
    ['its own', ['v1=a', 'v2=b'], 'v2', 1],
    ['none of that name', ['v1=a'], 'v2', undefined],
    ['the tag of a full name', ['docker.io/library/x:1=a', 'docker.io/library/x:2=b'], '2', 1],
    ['its own before the tag of a full name', ['docker.io/library/x:1=a', '1=b'], '1', 1],
    ['a full name', ['docker.io/library/x:1=a', '1=b'], 'docker.io/library/x:1', 0],
    ['a port is no tag', ['localhost:5000/x=a'], '5000/x', undefined],
    ['what ends in a digest has none', ['x@sha256:1=a'], '1', undefined],
    ['several of one content', ['a/x:1=a', 'b/x:1=a'], '1', 0],
    ['the same name twice for one content', ['v1=a', 'v1=a'], 'v1', 0],
    ['no name: latest', ['v1=a', 'latest=b'], '', 1],
    ['no name: a full one with latest', ['v1=a', 'x/y:latest=b'], '', 1],
    ['no name: the only one', ['v1=a'], '', 0],
    ['no name: the only one with a name', ['=a', 'v1=b'], '', 1],
    ['no name: the only one, without a name', ['=a'], '', 0],
    ['no name: two names of one content', ['v1=a', 'v2=a'], '', 0],
    ['no name: nothing there', [], '', undefined],
    ['latest: the only one where none has a name', ['=a'], 'latest', 0],
    ['latest: not where others have names', ['v1=a'], 'latest', undefined],
    ['latest: not one of two without names', ['=a', '=b'], 'latest', undefined],
    ['another name: not the only one without a name', ['=a'], 'v1', undefined],
  ])('%s', (_, texts, name, expected) => {
    const all = entries(texts)
    expect(entryNamed(all, name)).toBe(expected === undefined ? undefined : all[expected])
  })

  it.each<[string, string[], string, string]>([
    ['two tags of full names', ['a/x:1=a', 'b/x:1=b'], '1', '"1" could mean 2 images of this layout'],
    ['one name for two', ['v1=a', 'v1=b'], 'v1', '"v1" could mean 2 images of this layout'],
    ['no name, and several', ['v1=a', 'v2=b', 'v3=b'], '', 'no name could mean 2 images of this layout'],
    ['no name, and none has one', ['=a', '=b', '=c'], '', 'no name could mean 3 images of this layout'],
  ])('T11: %s are not guessed between', (_, texts, name, sentence) =>
    expect(() => entryNamed(entries(texts), name)).toThrow(sentence),
  )

  it('says which names there are, at most ten, or that only digests tell', () => {
    const many = Array.from({ length: 12 }, (_, at) => `v${at}=${at}`)
    expect(() => entryNamed(entries(many), '')).toThrow(
      expect.objectContaining({
        hint: 'name one by its digest or its full name: v0, v1, v2, v3, v4, v5, v6, v7, v8, v9',
      }),
    )
    expect(() => entryNamed(entries(['=a', '=b']), '')).toThrow(
      expect.objectContaining({ hint: 'name one by its digest' }),
    )
  })
})

it.each<[string, string[], string[]]>([
  ['in their order', ['b=1', 'a=2'], ['b', 'a']],
  ['each once', ['a=1', 'a=2'], ['a']],
  ['without those that have none', ['=1', 'a=2'], ['a']],
  ['a full name by its tag', ['docker.io/library/x:1=1'], ['1']],
  ['in full where two have one tag', ['a/x:1=1', 'b/x:1=2', 'b/x:2=3'], ['a/x:1', 'b/x:1', '2']],
  ['in full where a tag is called so too', ['a/x:1=1', '1=2'], ['a/x:1', '1']],
  ['in full what has no tag', ['localhost:5000/x=1', 'x@sha256:1=2'], ['localhost:5000/x', 'x@sha256:1']],
])('tags stand %s', (_, texts, expected) => expect(tagsOf(entries(texts))).toEqual(expected))
