import { controls } from '../model/controls.ts'
import { isObject } from '../model/descriptor.ts'
import { type Digest, isDigest } from '../model/digest.ts'
import { InvalidContentError } from '../model/errors.ts'
import { isRepository, isTag, parseRegistry } from '../model/reference.ts'
import { rfc3339 } from '../model/time.ts'

/** A JSON object that anybody may have written. */
export type Fields = Readonly<Record<string, unknown>>

const longest = 255

/** Empty for what is no object: a field that is missing further in is missing all the same. */
export function fieldsOf(value: unknown): Fields {
  return isObject(value) ? value : {}
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** Free text of at most 255 characters; a control character becomes U+FFFD, as it would end an environment variable or move a cursor (T14). */
export function textIn(value: unknown): string | null {
  if (typeof value !== 'string' || value === '') return null
  return value.slice(0, longest).replace(controls, '\ufffd')
}

/**
 * A repository by its grammar. Names end up in commands and paths, so one that cannot be is refused and not passed on (T24).
 * @throws InvalidContentError
 */
export function repositoryIn(value: unknown): string | null {
  return checked(value, isRepository, 'a repository')
}

/** As {@link repositoryIn}. @throws InvalidContentError */
export function tagIn(value: unknown): string | null {
  return checked(value, isTag, 'a tag')
}

/** As {@link repositoryIn}. @throws InvalidContentError */
export function digestIn(value: unknown): Digest | null {
  const text = checked(value, isDigest, 'a digest')
  return isDigest(text) ? text : null
}

/** `host[:port]` in its normal form; `null` for anything else. */
export function registryIn(value: unknown): string | null {
  if (typeof value !== 'string' || value === '') return null
  try {
    return parseRegistry(value.slice(0, 1024))
  } catch {
    return null
  }
}

/** Seconds since 1970 as RFC 3339. */
export function timeOfSeconds(value: unknown): string | null {
  return typeof value === 'number' ? format(value * 1000) : null
}

/** ISO 8601 with any offset, also Nexus's `+0000`, as RFC 3339 in UTC; parts of a second beyond the third digit are cut off. */
export function timeOfText(value: unknown): string | null {
  if (typeof value !== 'string') return null
  const parts = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(\.\d{1,9})?(?:([Zz])|([+-]\d\d):?(\d\d))$/.exec(value)
  if (!parts) return null
  const [, day, clock, fraction = '', zulu, hours, minutes] = parts
  return format(Date.parse(`${day}T${clock}${fraction.slice(0, 4)}${zulu ? 'Z' : `${hours}:${minutes}`}`))
}

function format(milliseconds: number): string | null {
  const date = new Date(milliseconds)
  const year = date.getUTCFullYear()
  // `NaN` is no year, and RFC 3339 has four digits for one.
  if (!(year >= 0 && year <= 9999)) return null
  return rfc3339(date)
}

function checked(value: unknown, isRight: (text: string) => boolean, what: string): string | null {
  if (value === undefined || value === null || value === '') return null
  if (typeof value === 'string' && isRight(value)) return value
  throw new InvalidContentError(`the notice has ${JSON.stringify(value)?.slice(0, 100)} for ${what}`)
}
