import { describe, expect, it } from 'vitest'
import type { Descriptor, Platform } from '../../src/model/descriptor.ts'
import { digestOf } from '../../src/model/digest.ts'
import {
  choosePlatform,
  formatPlatform,
  isAttestation,
  matchesPlatform,
  normalizePlatform,
  parsePlatform,
} from '../../src/model/platform.ts'

/** Each stands at its position: size 0, 1, 2, … */
const index = (...platforms: readonly (string | Platform)[]) =>
  platforms.map((platform, size): Descriptor => {
    const of = typeof platform === 'string' ? parts(platform) : platform
    return { mediaType: 'x/y', digest: digestOf(Buffer.from([size])), size, platform: of }
  })

/** As it is written in an index: nothing normalised. */
function parts(text: string): Platform {
  const [name = '', version] = text.split(':')
  const [os = '', architecture = '', variant] = name.split('/')
  return { os, architecture, ...(variant ? { variant } : {}), ...(version ? { 'os.version': version } : {}) }
}

const attestation: Descriptor = {
  ...{ mediaType: 'x/y', digest: digestOf(Buffer.from('a')), size: 9 },
  platform: { os: 'linux', architecture: 'amd64' },
  annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
}

describe('parsePlatform', () => {
  it.each([
    ['linux/amd64', 'linux/amd64'],
    ['linux/arm64/v8', 'linux/arm64/v8'],
    ['Linux/ARM/V7', 'linux/arm/v7'],
    ['arm64', 'linux/arm64'],
    ['ARM64', 'linux/arm64'],
    ['Windows', 'windows/amd64'],
    ['arm64/v8', 'linux/arm64/v8'],
    ['arm/v6', 'linux/arm/v6'],
    ['x86_64', 'linux/amd64'],
    ['aarch64', 'linux/arm64'],
    ['linux/x86-64', 'linux/amd64'],
    ['linux/i386', 'linux/386'],
    ['armhf', 'linux/arm/v7'],
    ['armel', 'linux/arm/v6'],
    ['386', 'linux/386'],
    ['s390x', 'linux/s390x'],
    ['linux', 'linux/amd64'],
    ['windows', 'windows/amd64'],
    ['macos', 'darwin/amd64'],
    ['macos/arm64', 'darwin/arm64'],
    ['plan9/sparc', 'plan9/sparc'],
    ['unknown/unknown', 'unknown/unknown'],
    ['windows/amd64:10.0.17763.1397', 'windows/amd64:10.0.17763.1397'],
    ['windows(10.0.17763)/amd64', 'windows/amd64:10.0.17763'],
  ])('%s is %s', (text, formatted) => {
    expect(formatPlatform(parsePlatform(text))).toBe(formatted)
    expect(formatPlatform(parsePlatform(formatted))).toBe(formatted)
  })

  it.each([
    '',
    'banana',
    'all',
    'v7',
    '/',
    'linux/',
    '/amd64',
    'linux//v7',
    'linux/arm/v7/x',
    'arm64/v8/x/y',
    'linux amd64',
    'linux/amd64\n',
    'linux,amd64',
    'linux/amd64:',
    'windows(1)/amd64:2',
    'windows(/amd64',
    'constructor',
    '__proto__',
    `linux/${'a'.repeat(200)}`,
    'a/'.repeat(500_000),
  ])('refuses %.30s', text => {
    expect(() => parsePlatform(text)).toThrow(
      expect.objectContaining({ code: 'USAGE', hint: expect.stringMatching(/linux\/arm\/v7/) }),
    )
  })
})

describe('formatPlatform', () => {
  it.each([
    [{ os: '', architecture: '' }, 'unknown/unknown'],
    [{ os: 'linux', architecture: '' }, 'linux/unknown'],
    [{ os: 'linux', architecture: 'arm64', variant: 'v8' }, 'linux/arm64/v8'],
    [{ os: 'linux', architecture: 'arm64' }, 'linux/arm64'],
    [{ os: 'linux', architecture: 'arm' }, 'linux/arm'],
    [{ os: 'linux', architecture: 'amd64', variant: '' }, 'linux/amd64'],
    [{ os: 'Linux', architecture: 'x86_64' }, 'linux/amd64'],
  ])('%j is %s', (platform, text) => {
    expect(formatPlatform(platform)).toBe(text)
  })
})

describe('normalizePlatform', () => {
  it.each([
    ['linux/amd64/v1', 'linux/amd64'],
    ['linux/amd64/1', 'linux/amd64'],
    ['linux/amd64/v3', 'linux/amd64/v3'],
    ['linux/x86_64', 'linux/amd64'],
    ['linux/arm64/v8', 'linux/arm64'],
    ['linux/arm64/8', 'linux/arm64'],
    ['linux/arm64/v8.0', 'linux/arm64'],
    ['linux/arm64/v8.2', 'linux/arm64/v8.2'],
    ['linux/arm64/v9.0', 'linux/arm64/v9'],
    ['linux/aarch64', 'linux/arm64'],
    ['linux/arm', 'linux/arm/v7'],
    ['linux/arm/7', 'linux/arm/v7'],
    ['linux/arm/5', 'linux/arm/v5'],
    ['linux/armhf', 'linux/arm/v7'],
    ['linux/armel', 'linux/arm/v6'],
    ['linux/i386', 'linux/386'],
    ['linux/386/sse2', 'linux/386'],
    ['macos/amd64', 'darwin/amd64'],
    ['linux/riscv64/rva23', 'linux/riscv64/rva23'],
    ['windows/amd64:10.0.1', 'windows/amd64:10.0.1'],
    ['linux/constructor', 'linux/constructor'],
  ])('%s is %s', (text, normal) => {
    const platform = normalizePlatform(parts(text))
    expect(platform).toEqual(parts(normal))
    expect(normalizePlatform(platform)).toEqual(platform)
  })
})

describe('matchesPlatform', () => {
  it.each([
    ['linux/amd64', 'linux/amd64', true],
    ['linux/amd64/v1', 'linux/amd64', true],
    ['linux/amd64/v3', 'linux/amd64', false],
    ['linux/amd64', 'linux/amd64/v3', false],
    ['linux/arm64/v8', 'linux/arm64', true],
    ['linux/arm64', 'linux/arm64/v8', true],
    ['linux/arm/v7', 'linux/arm', true],
    ['linux/arm', 'linux/arm/v7', true],
    ['linux/arm/v6', 'linux/arm', false],
    ['linux/arm/v7', 'linux/arm64', false],
    ['linux/386', 'linux/amd64', false],
    ['darwin/amd64', 'linux/amd64', false],
    ['unknown/unknown', 'linux/amd64', false],
    ['windows/amd64:10.0.17763.1', 'windows/amd64', true],
    ['windows/amd64:10.0.17763.1', 'windows/amd64:10.0.17763', true],
    ['windows/amd64:10.0.17763.1', 'windows/amd64:10.0.17763.2', true],
    ['windows/amd64:10.0.20348.1', 'windows/amd64:10.0.17763', false],
    ['windows/amd64:10.0.20348.1', 'windows/amd64:10.0.26100.1', false],
    ['windows/amd64', 'windows/amd64:10.0.17763', true],
  ])('%s for %s: %s', (entry, wanted, answer) => {
    expect(matchesPlatform(parts(entry), parts(wanted))).toBe(answer)
  })

  it.each([
    [['win32k'], undefined, true],
    [['win32k'], [], false],
    [['win32k'], ['win32k', 'x'], true],
    [undefined, [], true],
  ])('features %j where there are %j: %s', (needed, present, answer) => {
    const windows = { os: 'windows', architecture: 'amd64' }
    expect(matchesPlatform({ ...windows, 'os.features': needed }, { ...windows, 'os.features': present })).toBe(answer)
  })
})

describe('choosePlatform', () => {
  it.each<[string, string, readonly string[], number | undefined]>([
    ['the first of equals', 'linux/amd64', ['linux/arm64', 'linux/amd64', 'linux/amd64'], 1],
    ['itself before what runs there', 'linux/amd64', ['linux/386', 'linux/amd64'], 1],
    ['amd64/v3 by itself', 'linux/amd64/v3', ['linux/amd64', 'linux/amd64/v2', 'linux/amd64/v3'], 2],
    ['amd64/v2 for v3', 'linux/amd64/v3', ['linux/386', 'linux/amd64', 'linux/amd64/v2'], 2],
    ['amd64 for v2', 'linux/amd64/v2', ['linux/amd64/v3', 'linux/386', 'linux/amd64/v1'], 2],
    ['386 for amd64', 'linux/amd64', ['linux/amd64/v2', 'linux/386'], 1],
    ['no amd64 for 386', 'linux/386', ['linux/amd64'], undefined],
    ['arm64/v8 for arm64', 'linux/arm64', ['linux/arm/v7', 'linux/arm64/v8'], 1],
    ['arm/v7 for arm64', 'linux/arm64', ['linux/arm/v5', 'linux/arm/v6', 'linux/arm'], 2],
    ['arm/v8 before v7', 'linux/arm64/v8', ['linux/arm/v7', 'linux/arm/v8'], 1],
    ['arm/v6 for v7', 'linux/arm', ['linux/arm/v5', 'linux/arm/v6', 'linux/arm/v8'], 1],
    ['arm/v5 for v6', 'linux/arm/v6', ['linux/arm/v7', 'linux/arm/v5'], 1],
    ['no arm/v4, which Linux left behind', 'linux/arm/v6', ['linux/arm/v4'], undefined],
    ['no arm64 for arm', 'linux/arm/v8', ['linux/arm64'], undefined],
    ['arm64/v9 for v9.2', 'linux/arm64/v9.2', ['linux/arm64', 'linux/arm64/v8.7', 'linux/arm64/v9.0'], 2],
    ['arm64/v8.7 for v9.2', 'linux/arm64/v9.2', ['linux/arm64/v8.8', 'linux/arm64', 'linux/arm64/v8.7'], 2],
    ['arm64/v8.5 for v9', 'linux/arm64/v9', ['linux/arm64/v8.6', 'linux/arm64/v8.5'], 1],
    ['arm64/v8.1 for v8.2', 'linux/arm64/v8.2', ['linux/arm64/v8.3', 'linux/arm64', 'linux/arm64/v8.1'], 2],
    ['arm64 for v8.2', 'linux/arm64/v8.2', ['linux/arm/v7', 'linux/arm64/v8'], 1],
    ['nothing of another system', 'linux/amd64', ['windows/amd64', 'darwin/amd64'], undefined],
    ['another architecture by itself', 'linux/s390x', ['linux/amd64', 'linux/s390x'], 1],
    ['nothing of nothing', 'linux/amd64', [], undefined],
    ['any Windows', 'windows/amd64', ['windows/amd64:10.0.26100.1', 'windows/amd64:10.0.17763.1'], 0],
    ['its own build', 'windows/amd64:10.0.20348.9', ['windows/amd64:10.0.17763.1', 'windows/amd64:10.0.20348.1'], 1],
    ['no other build before 2022', 'windows/amd64:10.0.18363.1', ['windows/amd64:10.0.17763.1'], undefined],
    ['2022 on 23H2', 'windows/amd64:10.0.25398.1', ['windows/amd64:10.0.17763.1', 'windows/amd64:10.0.20348.1'], 1],
    ['2022 on 2025', 'windows/amd64:10.0.26100.1', ['windows/amd64:10.0.20348.1'], 0],
    [
      'no 2022 after 2025',
      'windows/amd64:10.0.28000.1',
      ['windows/amd64:10.0.20348.1', 'windows/amd64:10.0.26100.1'],
      1,
    ],
    ['nothing newer than the host', 'windows/amd64:10.0.20348.1', ['windows/amd64:10.0.26100.1'], undefined],
    [
      'no version that is none',
      'windows/amd64:10.0.26100.1',
      ['windows/amd64:10.0.x', 'windows/amd64:11.0.26100.1'],
      undefined,
    ],
  ])('%s', (_, wanted, entries, position) => {
    expect(choosePlatform(index(...entries), parts(wanted))?.size).toBe(position)
  })

  it('passes over attestations and entries without platform', () => {
    const bare = { mediaType: 'x/y', digest: attestation.digest, size: 8 }
    expect(choosePlatform([bare, attestation], parts('linux/amd64'))).toBeUndefined()
    expect(choosePlatform([bare, attestation, ...index('linux/amd64')], parts('linux/amd64'))?.size).toBe(0)
  })

  it.each(['linux/amd64/v999999999', 'linux/arm/v999999999', 'linux/arm64/v9.999999999'])(
    'T26: a variant of %s makes no long list',
    wanted => {
      expect(choosePlatform(index('linux/amd64'), parts(wanted))?.size).toBe(wanted.includes('amd64') ? 0 : undefined)
    },
  )
})

it.each([
  [attestation, true],
  [{ ...attestation, annotations: { 'vnd.docker.reference.type': 'other' } }, false],
  [{ ...attestation, annotations: undefined }, false],
])('tells an attestation: %#', (entry, answer) => {
  expect(isAttestation(entry)).toBe(answer)
})
