import { formatPlatform } from '../model/platform.ts'
import type { Fields } from './fields.ts'
import { text } from './fields.ts'

/** `linux/arm64/v8` of an object with `os`, `architecture` and perhaps `variant`; `undefined` for an attestation, whose platform is unknown. */
export function platformOf({ os, architecture, variant }: Fields): string | undefined {
  const [system, machine] = [text(os), text(architecture)]
  if (system === undefined || machine === undefined || machine === 'unknown' || system === 'unknown') return undefined
  const kind = text(variant)
  return formatPlatform({ os: system, architecture: machine, ...(kind !== undefined && { variant: kind }) })
}
