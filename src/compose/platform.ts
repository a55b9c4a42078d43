import { type Descriptor, isObject, type Platform, parseDescriptor } from '../model/descriptor.ts'
import { parseJson } from '../model/json.ts'
import type { Manifest } from '../model/manifest.ts'
import { isImageConfigType } from '../model/media-types.ts'
import { isAttestation, normalizePlatform } from '../model/platform.ts'
import { readVerified } from '../store/read.ts'
import type { Options, Source } from '../store/store.ts'

/** What an image says of itself in its config (item 93); `undefined` for what is no image. */
export async function platformIn(source: Source, manifest: Manifest, options: Options): Promise<Platform | undefined> {
  const config = manifest.kind === 'image' ? manifest.config : undefined
  if (!config || !isImageConfigType(config.mediaType)) return undefined
  const value = parseJson(await readVerified(source, config, options), `config ${config.digest}`)
  if (!isObject(value) || typeof value.os !== 'string' || typeof value.architecture !== 'string') return undefined
  // Read as an index entry would be: the fields and their types are the same.
  return parseDescriptor({ ...config, data: null, platform: value }, `config ${config.digest}`).platform
}

/** Two entries with one key are for the same platform; an attestation, and what names none, is for no platform. */
export function platformKey(entry: Descriptor): string | undefined {
  if (!entry.platform || isAttestation(entry)) return undefined
  const {
    os,
    architecture,
    variant = '',
    'os.version': version = '',
    'os.features': features = [],
  } = normalizePlatform(entry.platform)
  if (os === '' || os === 'unknown' || architecture === '' || architecture === 'unknown') return undefined
  return JSON.stringify([os, architecture, variant, version, [...features].sort()])
}
