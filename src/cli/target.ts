import type { Client, OpenOptions } from '../client.ts'
import { selectImage } from '../copy/select.ts'
import type { Descriptor, Platform } from '../model/descriptor.ts'
import { type Digest, isDigest } from '../model/digest.ts'
import { RegctlError } from '../model/errors.ts'
import { parseLocation } from '../model/location.ts'
import { parseReference } from '../model/reference.ts'
import { resolvePlace } from '../store/resolve.ts'
import type { Options, Place, Store } from '../store/store.ts'

export interface Target {
  place: Place<Store>
  /** What it names, or its one image for the platform. */
  target: Descriptor
}

/** Opens what an argument names, narrowed to a platform where one is asked for. @throws NotFoundError naming the platforms there are */
export async function openTarget(
  client: Client,
  text: string,
  { platform, signal, ...opening }: Options & OpenOptions & { platform?: Platform | undefined },
): Promise<Target> {
  const place = await client.open(text, opening)
  const root = await resolvePlace(place, { signal })
  return { place, target: platform ? await selectImage(place.store, root, platform, { signal }) : root }
}

/** Opens `NAME@DIGEST`. @throws RegctlError USAGE where there is no digest, or a tag */
export async function openDigest(
  client: Client,
  text: string,
  options: OpenOptions = {},
): Promise<{ store: Store; digest: Digest }> {
  const digest = digestIn(text)
  if (digest) return { store: (await client.open(text, options)).store, digest }
  throw new RegctlError('USAGE', `${text} names no digest`, { hint: 'write it as NAME@sha256:…' })
}

/** The digest in `NAME@DIGEST`, or nothing for a bare `NAME`. @throws RegctlError USAGE for a tag */
export function digestIn(text: string): Digest | undefined {
  const { tag, digest } = namedIn(text)
  if (tag === undefined || digest !== undefined) return digest
  throw new RegctlError('USAGE', `${text} names a tag, and a digest is wanted`, { hint: 'write it as NAME@sha256:…' })
}

/** What stands in a name, with nothing added that was left out. @throws RegctlError REFERENCE_INVALID */
export function namedIn(text: string): { tag?: string | undefined; digest?: Digest | undefined } {
  const location = parseLocation(text)
  if (location.scheme === 'registry') return parseReference(text, { defaultTag: false })
  const { reference } = location
  return isDigest(reference) ? { digest: reference } : { tag: reference }
}
