import compare from 'semver/functions/compare.js'
import parse from 'semver/functions/parse.js'
import satisfies from 'semver/functions/satisfies.js'
import validRange from 'semver/ranges/valid.js'
import { RegctlError } from './errors.ts'
import { glob } from './glob.ts'
import { isTag } from './reference.ts'

/** Which of a repository's tags are wanted, and in what order. */
export interface TagSelection {
  /** Globs over the whole tag, case-sensitive; a tag that matches one of them is in. */
  filter?: readonly string[]
  /** Globs; a tag that matches one of them is out. */
  exclude?: readonly string[]
  /**
   * An npm range. `v1.2.3`, `1.2` and `3` are versions, a missing part is 0; a lone number of six digits or more is a date or a
   * build and no version. What follows a dash makes a prerelease by npm's rule, `1.2.3-alpine` no less than `1.2.3-rc.1`: the
   * range takes it only by naming a prerelease of the same three numbers. But where `filter` names what follows the dash
   * (`*-alpine`), the person has said which they mean, and the range and `latest` go by the numbers before it.
   */
  semver?: string
  /** `name`: by code point, as `LC_ALL=C sort` does. `semver`: lowest version first, tags that are no version last, by name. */
  sort?: 'name' | 'semver'
  /** Turns the order round; with `semver`, tags that are no version stay last. */
  reverse?: boolean
  limit?: number
  /** What is chosen from are names of images in full, as in a Docker archive: patterns are over these. */
  hasImageNames?: boolean | undefined
  /** Only the highest release, or so many of the highest, the highest first; of `1.0` and `1.0.0` the one that says more. */
  latest?: boolean | number
}

type Version = NonNullable<ReturnType<typeof parse>>

interface Versioned {
  tag: string
  version: Version
  /** The three numbers alone: `1.27.0` of `1.27-alpine`. */
  release: Version
  parts: number
}

/** Short enough that no range is slow to read (T26). */
const maxRangeLength = 1024

const versionGrammar = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?(?:_[0-9A-Za-z._-]+)?$/

/** The tags wanted, in order. @throws RegctlError `USAGE` for a glob, range or limit that is none. */
export function selectTags(tags: readonly string[], selection: TagSelection): string[] {
  const { limit = Number.POSITIVE_INFINITY, latest, reverse } = selection
  if (limit < 0 || Number.isNaN(limit)) throw new RegctlError('USAGE', `${limit} is not a number of tags`)
  const wanted = tags.filter(isWanted(selection))
  if (latest) return latestOf(wanted, { most: Number(latest), suffixed: namesSuffix(selection) }).slice(0, limit)
  if (selection.sort === 'semver') return bySemver(wanted, reverse ?? false).slice(0, limit)
  const ordered = selection.sort === 'name' ? wanted.sort(byName) : wanted
  return (reverse ? ordered.reverse() : ordered).slice(0, limit)
}

/** Tells tag by tag, for lists that are too long to hold: filter, exclude and semver. @throws RegctlError `USAGE` */
export function isWanted(selection: TagSelection): (tag: string) => boolean {
  const { filter = [], exclude = [], semver } = selection
  const included = filter.map(pattern => glob(pattern, 'tags'))
  const excluded = exclude.map(pattern => glob(pattern, 'tags'))
  const inRange = semver === undefined ? undefined : range(semver, namesSuffix(selection))
  if (included.length + excluded.length === 0 && inRange === undefined) return () => true
  // What is no name matches nothing, and is not given to a pattern: a registry can send a name of any length (T26).
  return tag =>
    (isTag(tag) || selection.hasImageNames === true) &&
    (included.length === 0 || included.some(matches => matches(tag))) &&
    !excluded.some(matches => matches(tag)) &&
    (inRange?.(tag) ?? true)
}

function range(text: string, suffixed: boolean): (tag: string) => boolean {
  const valid = text.length <= maxRangeLength ? validRange(text, { loose: true }) : null
  if (valid === null) {
    throw new RegctlError('USAGE', `${JSON.stringify(text.slice(0, 100))} is not a range of versions`, {
      hint: 'use a range such as ^1.27, ~2.1.0 or ">=3 <5"',
    })
  }
  return tag => {
    const versioned = readVersion(tag)
    return versioned !== undefined && satisfies(suffixed ? versioned.release : versioned.version, valid)
  }
}

/** Whether a pattern says what follows the dash; `[a-z]` is no dash. */
function namesSuffix({ filter = [] }: TagSelection): boolean {
  return filter.some(pattern => !pattern.startsWith('!') && pattern.replace(/\[[^\]]*\]/g, '').includes('-'))
}

function latestOf(tags: readonly string[], { most, suffixed }: { most: number; suffixed: boolean }): string[] {
  const versions = tags.flatMap(tag => readVersion(tag) ?? [])
  const releases = suffixed ? versions : versions.filter(({ version }) => version.prerelease.length === 0)
  const falling = releases.sort(byVersion).reverse()
  const distinct = falling.filter((each, at) => at === 0 || compare(each.version, falling[at - 1]?.version ?? '') !== 0)
  return distinct.slice(0, most).map(({ tag }) => tag)
}

function bySemver(tags: readonly string[], reverse: boolean): string[] {
  const versions: Versioned[] = []
  const others: string[] = []
  for (const tag of tags) {
    const versioned = readVersion(tag)
    if (versioned) versions.push(versioned)
    else others.push(tag)
  }
  versions.sort(byVersion)
  if (reverse) versions.reverse()
  return [...versions.map(({ tag }) => tag), ...others.sort(byName)]
}

/** A tag cannot hold the `+` of a build; Helm writes `_` for it. */
function readVersion(tag: string): Versioned | undefined {
  const match = isTag(tag) ? versionGrammar.exec(tag) : null
  if (!match) return undefined
  const numbers = match.slice(1, 4).filter(part => part !== undefined)
  if (numbers.length === 1 && (numbers[0] ?? '').length > 5) return undefined
  const triple = [0, 1, 2].map(at => (numbers[at] ?? '0').replace(/^0+(?=\d)/, '')).join('.')
  const version = parse(match[4] === undefined ? triple : `${triple}-${match[4]}`, { loose: true })
  const release = parse(triple)
  return version && release ? { tag, version, release, parts: numbers.length } : undefined
}

function byVersion(a: Versioned, b: Versioned): number {
  return compare(a.version, b.version) || a.parts - b.parts || byName(a.tag, b.tag)
}

function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
