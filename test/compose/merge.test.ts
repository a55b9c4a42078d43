import { describe, expect, it } from 'vitest'
import type { IndexEntry } from '../../src/compose/entries.ts'
import { mergeEntries } from '../../src/compose/merge.ts'
import type { Descriptor, Platform } from '../../src/model/descriptor.ts'
import { type Digest, digestOf } from '../../src/model/digest.ts'
import { mediaTypes } from '../../src/model/media-types.ts'

const digest = (name: string): Digest => digestOf(Buffer.from(name))

/** `a linux/amd64`: content and platform; `proof:x of:a`: an attestation for it. */
function entry(text: string): IndexEntry {
  const [name = '', what = ''] = text.split(' ')
  const descriptor: Descriptor = {
    mediaType: mediaTypes.ociManifest,
    digest: digest(name),
    size: 1,
    ...about(what),
  }
  return { raw: { ...descriptor, is: text }, descriptor }
}

function about(what: string): {
  platform?: Platform
  annotations?: Record<string, string>
} {
  if (what === '') return {}
  if (what.startsWith('of:')) {
    return {
      platform: { os: 'unknown', architecture: 'unknown' },
      annotations: {
        'vnd.docker.reference.type': 'attestation-manifest',
        'vnd.docker.reference.digest': digest(what.slice(3)),
      },
    }
  }
  const [os = '', architecture = '', variant] = what.split('/')
  return { platform: { os, architecture, ...(variant && { variant }) } }
}

const merge = (existing: string[], added: string[], replace = false) =>
  mergeEntries(existing.map(entry), added.map(entry), { replace }).map(({ raw }) => raw.is)

it.each<[string, string[], string[], string[]]>([
  ['others go behind', ['a linux/amd64'], ['b linux/arm64'], ['a linux/amd64', 'b linux/arm64']],
  ['the same is there once', ['a linux/amd64'], ['a linux/amd64', 'a linux/amd64'], ['a linux/amd64']],
  ['the same in another spelling is the same', ['a linux/arm64'], ['a linux/arm64/v8'], ['a linux/arm64']],
  ['one content for two platforms', ['a linux/amd64'], ['a linux/arm64'], ['a linux/amd64', 'a linux/arm64']],
  [
    'what names no platform has no rival',
    ['a', 'b unknown/unknown'],
    ['c', 'd unknown/unknown'],
    ['a', 'b unknown/unknown', 'c', 'd unknown/unknown'],
  ],
  [
    'one proof for two images',
    ['a linux/amd64', 'p of:a'],
    ['p of:b', 'p of:a'],
    ['a linux/amd64', 'p of:a', 'p of:b'],
  ],
  ['content that is both something and a proof', ['p'], ['p of:a'], ['p', 'p of:a']],
  ['content that is both proof and image', ['p of:a'], ['p linux/amd64'], ['p of:a', 'p linux/amd64']],
])('%s', (_, existing, added, expected) => expect(merge(existing, added)).toEqual(expected))

describe('a second image for one platform', () => {
  it.each([
    [['a linux/amd64'], ['b linux/amd64'], 'linux/amd64'],
    [['a linux/arm64/v8'], ['b linux/arm64'], 'linux/arm64'],
    [[], ['a linux/386', 'b linux/386'], 'linux/386'],
  ])('%j and %j are a conflict', (existing, added, platform) => {
    const [rival = '', late = ''] = [...existing, ...added].map(text => digest(text.split(' ')[0] ?? ''))
    expect(() => merge(existing, added)).toThrow(
      expect.objectContaining({
        code: 'EXISTS',
        message: expect.stringMatching(new RegExp(`^two images for ${platform}.*: ${rival} and ${late}$`)),
      }),
    )
  })

  it.each<[string, string[], string[], string[]]>([
    ['takes its place', ['a linux/amd64', 'x linux/arm64'], ['b linux/amd64'], ['b linux/amd64', 'x linux/arm64']],
    [
      'and its proofs go with it',
      ['a linux/amd64', 'p of:a', 'q of:x'],
      ['b linux/amd64', 'r of:b'],
      ['b linux/amd64', 'q of:x', 'r of:b'],
    ],
    [
      'but stay where it stands for another platform too',
      ['a linux/amd64', 'a linux/arm64', 'p of:a'],
      ['b linux/amd64'],
      ['b linux/amd64', 'a linux/arm64', 'p of:a'],
    ],
    [
      'and where its content is a proof of others, that stays',
      ['a linux/amd64', 'a of:x', 'p of:a'],
      ['b linux/amd64'],
      ['b linux/amd64', 'a of:x'],
    ],
    ['the last of several wins', ['a linux/amd64'], ['b linux/amd64', 'c linux/amd64'], ['c linux/amd64']],
  ])('with replace %s', (_, existing, added, expected) => expect(merge(existing, added, true)).toEqual(expected))
})
