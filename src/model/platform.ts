import type { Descriptor, Platform } from './descriptor.ts'
import { RegctlError } from './errors.ts'

/** What a word alone leaves open: `arm64` is `linux/arm64`, `windows` is `windows/amd64`. */
const defaults: Platform = { os: 'linux', architecture: 'amd64' }

/** GOOS and GOARCH values that images are built for: they tell an operating system alone from an architecture alone. */
const systems: ReadonlySet<string> = new Set(
  'aix android darwin dragonfly freebsd illumos ios linux netbsd openbsd plan9 solaris wasip1 windows'.split(' '),
)
const architectures: ReadonlySet<string> = new Set(
  '386 amd64 arm arm64 loong64 mips mipsle mips64 mips64le ppc64 ppc64le riscv64 s390x wasm'.split(' '),
)

/** Other names of architectures (item 90). */
const aliases: ReadonlyMap<string, Pick<Platform, 'architecture' | 'variant'>> = new Map([
  ['x86_64', { architecture: 'amd64' }],
  ['x86-64', { architecture: 'amd64' }],
  ['aarch64', { architecture: 'arm64' }],
  ['i386', { architecture: '386' }],
  ['armhf', { architecture: 'arm', variant: 'v7' }],
  ['armel', { architecture: 'arm', variant: 'v6' }],
])

/** Windows Server 2022: from here on a host runs older images too, back to the long-term release before it (item 91). */
const windowsReleases = [20348, 26100] as const

/**
 * Reads `OS/ARCHITECTURE[/VARIANT]`, `ARCHITECTURE[/VARIANT]` (of Linux) or `OS` (on amd64). For Windows an `os.version` may follow:
 * `windows/amd64:10.0.17763`, or containerd's `windows(10.0.17763)/amd64`.
 * @throws RegctlError `USAGE`
 */
export function parsePlatform(text: string): Platform {
  const match = text.length <= 128 && /^([\w.-]+)(?:\(([\w.-]+)\))?((?:\/[\w.-]+){0,2})(?::([\w.-]+))?$/.exec(text)
  if (!match) throw unknownPlatform(text)
  const [, first = '', bracketed, tail = '', trailing] = match
  const platform = canonical(readParts(first, tail.split('/').slice(1), text))
  const version = bracketed ?? trailing
  if (version === undefined) return platform
  if (bracketed !== undefined && trailing !== undefined) throw unknownPlatform(text)
  return { ...platform, 'os.version': version }
}

/** As {@link parsePlatform} reads it: `linux/arm64/v8`, with the variant only where it is stated; `unknown/unknown`. */
export function formatPlatform(platform: Platform): string {
  const { os, architecture, variant, 'os.version': version } = canonical(platform)
  const parts = [os || 'unknown', architecture || 'unknown', ...(variant ? [variant] : [])]
  return parts.join('/') + (version ? `:${version}` : '')
}

/** One name for what is the same: `x86_64` is `amd64`, `arm64/v8` is `arm64`, `arm` is `arm/v7` (item 90). */
export function normalizePlatform(platform: Platform): Platform {
  const { variant, ...rest } = canonical(platform)
  const folded = foldVariant(rest.architecture, variant ?? '')
  return folded ? { ...rest, variant: folded } : rest
}

/**
 * Whether an entry is the wanted platform itself: nothing older that would run there as well. A wanted `os.version` asks for
 * that Windows build, wanted `os.features` for no others.
 */
export function matchesPlatform(entry: Platform, wanted: Platform): boolean {
  return matches(normalizePlatform(entry), normalizePlatform(wanted), (have, want) => build(have) === build(want))
}

/**
 * The first entry for the wanted platform; where there is none, the first that runs there, newest variant first (item 90) and by
 * Windows' rule of builds (item 91). Attestations and entries without platform are passed over.
 */
export function choosePlatform(entries: readonly Descriptor[], wanted: Platform): Descriptor | undefined {
  const candidates = entries.flatMap(entry =>
    entry.platform && !isAttestation(entry) ? [{ entry, platform: normalizePlatform(entry.platform) }] : [],
  )
  const exact = candidates.find(({ entry }) => entry.platform && matchesPlatform(entry.platform, wanted))
  if (exact) return exact.entry
  for (const runnable of runnableOn(normalizePlatform(wanted))) {
    const found = candidates.find(({ platform }) => matches(platform, runnable, runsOnBuild))
    if (found) return found.entry
  }
  return undefined
}

/** Whether this entry of an index is a statement about another one and no image (item 92). */
export function isAttestation(entry: Descriptor): boolean {
  return entry.annotations?.['vnd.docker.reference.type'] === 'attestation-manifest'
}

/** The digest of the image that an attestation speaks of, as its entry has it (item 92). */
export function attestedDigest(entry: Pick<Descriptor, 'annotations'>): string | undefined {
  return entry.annotations?.['vnd.docker.reference.digest']
}

/** Whether this entry is a statement about one of these images: it comes and goes with them (item 92). */
export function attestsTo(entry: Descriptor, images: ReadonlySet<string>): boolean {
  return isAttestation(entry) && images.has(attestedDigest(entry) ?? '')
}

function readParts(first: string, rest: readonly string[], text: string): Platform {
  const name = first.toLowerCase()
  const [second, third] = rest
  if (!systems.has(name) && (architectures.has(name) || aliases.has(name)) && third === undefined) {
    return withVariant({ ...defaults, architecture: first }, second)
  }
  if (second !== undefined) return withVariant({ os: first, architecture: second }, third)
  if (systems.has(name) || name === 'macos') return { ...defaults, os: first }
  throw unknownPlatform(text)
}

function withVariant(platform: Platform, variant: string | undefined): Platform {
  return variant === undefined ? platform : { ...platform, variant }
}

function unknownPlatform(text: string): RegctlError {
  return new RegctlError('USAGE', `${JSON.stringify(text.slice(0, 128))} is not a platform`, {
    hint: 'write OS/ARCHITECTURE[/VARIANT], such as linux/amd64 or linux/arm/v7',
  })
}

/** Lower case and today's names; what the variant says stays. */
function canonical(platform: Platform): Platform {
  const os = platform.os.toLowerCase()
  const architecture = platform.architecture.toLowerCase()
  const variant = platform.variant?.toLowerCase()
  const named = { ...platform, os: os === 'macos' ? 'darwin' : os, architecture }
  return { ...named, ...(variant ? { variant } : {}), ...aliases.get(architecture) }
}

function foldVariant(architecture: string, variant: string): string {
  const version = /^\d+(?:\.\d+)?$/.test(variant) ? `v${variant}` : variant
  if (architecture === 'amd64') return version === 'v1' ? '' : version
  if (architecture === '386') return ''
  if (architecture === 'arm') return version || 'v7'
  if (architecture === 'arm64')
    return version === 'v8' ? '' : version.replace(/^v(\d+)\.0$/, (_, major) => (major === '8' ? '' : `v${major}`))
  return variant
}

/** What runs there, best first; variants are small numbers, so that a written one cannot make a long list (T26). */
function runnableOn(wanted: Platform): Platform[] {
  const { variant = '', ...base } = wanted
  const [, major = 0, minor = 0] = (/^v(\d{1,2})(?:\.(\d{1,2}))?$/.exec(variant) ?? []).map(part => Number(part ?? 0))
  const arm = (from: number) => below(from, 5).map(n => ({ ...base, architecture: 'arm', variant: `v${n}` }))
  if (wanted.architecture === 'amd64') {
    const older = below(major - 1, 2).map(n => ({ ...base, variant: `v${n}` }))
    return [wanted, ...older, base, { ...base, architecture: '386' }]
  }
  if (wanted.architecture === 'arm') return [wanted, ...arm(major - 1)]
  if (wanted.architecture !== 'arm64') return [wanted]
  return [wanted, ...armVersions(major, minor).map(v => ({ ...base, ...(v ? { variant: v } : {}) })), ...arm(8)]
}

/** Armv9.N holds all of Armv8.(N+5) (Arm Architecture Reference Manual); `''` is v8.0. */
function armVersions(major: number, minor: number): string[] {
  const nines = major === 9 ? below(minor, 0).map(n => (n === 0 ? 'v9' : `v9.${n}`)) : []
  const eights = below(major === 9 ? minor + 5 : major === 8 ? minor : 0, 1).map(n => `v8.${n}`)
  return [...nines, ...eights, '']
}

/** From `high` down to `low`; empty when there is nothing between. */
function below(high: number, low: number): number[] {
  return Array.from({ length: Math.max(0, high - low + 1) }, (_, step) => high - step)
}

type Fits = (have: string, want: string) => boolean

function matches(entry: Platform, wanted: Platform, fits: Fits): boolean {
  if (entry.os !== wanted.os || entry.architecture !== wanted.architecture) return false
  if ((entry.variant ?? '') !== (wanted.variant ?? '')) return false
  const [have, want] = [entry['os.version'], wanted['os.version']]
  if (have !== undefined && want !== undefined && !fits(have, want)) return false
  const features = wanted['os.features']
  return features === undefined || (entry['os.features'] ?? []).every(feature => features.includes(feature))
}

/** `10.0.17763` of `10.0.17763.1397`: the revision does not matter to what runs. */
function build(version: string): string {
  return version.split('.', 3).join('.')
}

function runsOnBuild(image: string, host: string): boolean {
  const [imageBuild, hostBuild] = [buildNumber(image), buildNumber(host)]
  const [ltsc2022] = windowsReleases
  if (build(image) === build(host)) return true
  if (!image.startsWith('10.0.') || !host.startsWith('10.0.') || hostBuild < ltsc2022) return false
  const oldest = windowsReleases.findLast(release => release < hostBuild) ?? ltsc2022
  return oldest <= imageBuild && imageBuild <= hostBuild
}

function buildNumber(version: string): number {
  return Number(version.split('.')[2] ?? Number.NaN)
}
