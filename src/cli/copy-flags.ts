import * as Flags from '@oclif/core/flags'
import { RegctlError } from '../model/errors.ts'
import { parseLocation } from '../model/location.ts'
import { parseRepository } from '../model/reference.ts'
import type { TagSelection } from '../model/tags.ts'
import { repeatableText } from './flags.ts'

const companion = { helpGroup: 'COMPANION' }
const many = { helpGroup: 'TAG' }

/** What comes along with an image. */
export const companionFlags = {
  referrers: Flags.boolean({
    ...companion,
    summary: 'what refers to it too, and what refers to that: signatures, SBOMs, attestations',
  }),
  'artifact-type': repeatableText({
    ...companion,
    helpValue: 'TYPE',
    dependsOn: ['referrers'],
    summary: 'of the referrers only those of this type (repeatable)',
  }),
  'digest-tags': Flags.boolean({
    ...companion,
    summary: "cosign's tags too: sha256-….sig, .att and .sbom",
  }),
}

/** Which tags of a repository, from the first of these on that is given. */
export const manyTagsFlags = {
  tags: repeatableText({ ...many, helpValue: 'GLOB', summary: 'tags that match (repeatable)' }),
  exclude: repeatableText({ ...many, helpValue: 'GLOB', summary: 'no tags that match (repeatable)' }),
  semver: Flags.string({ ...many, helpValue: 'RANGE', summary: 'versions in this range, such as ^1.27 or ">=3 <5"' }),
  latest: Flags.integer({ ...many, min: 1, helpValue: 'N', summary: 'the N highest release versions of these' }),
  'all-tags': Flags.boolean({ ...many, char: 'a', summary: 'every tag' }),
}

interface ManyTags {
  tags?: string[] | undefined
  exclude?: string[] | undefined
  semver?: string | undefined
  latest?: number | undefined
  'all-tags'?: boolean | undefined
}

/** The tags that are asked for, in the order of their versions; `undefined` where none of the flags is there: then one image is meant. */
export function tagSelection(flags: ManyTags): TagSelection | undefined {
  const { tags: filter, exclude, semver, latest } = flags
  if (!filter && !exclude && semver === undefined && latest === undefined && !flags['all-tags']) return undefined
  return {
    sort: 'semver',
    ...(filter && { filter }),
    ...(exclude && { exclude }),
    ...(semver !== undefined && { semver }),
    ...(latest !== undefined && { latest }),
  }
}

/** Places for many tags name none themselves, and there are two of them. @throws RegctlError REFERENCE_INVALID, USAGE */
export function checkRepositories(source: string, destinations: readonly string[]): void {
  for (const text of [source, ...destinations]) checkRepository(text)
  if (destinations.length < 2) return
  throw new RegctlError('USAGE', 'many tags are copied to one destination at a time', {
    hint: 'run it once for each destination, or copy one image to all of them',
  })
}

function checkRepository(text: string): void {
  const location = parseLocation(text)
  if (location.scheme === 'registry') parseRepository(text)
  else if (location.scheme === 'docker-archive') {
    throw new RegctlError(
      'REFERENCE_INVALID',
      `${text} holds images by their full names, and many tags are to be copied`,
      {
        hint: 'use oci-archive:FILE or oci:DIR, or copy one image at a time',
      },
    )
  } else if (location.reference !== undefined) {
    throw new RegctlError('REFERENCE_INVALID', `${text} names ${location.reference}, and many tags are to be copied`, {
      hint: `leave it out: ${location.scheme}:${location.path}`,
    })
  }
}
