import { isObject } from '../model/descriptor.ts'
import { InvalidContentError } from '../model/errors.ts'
import { rfc3339 } from '../model/time.ts'

/** A JSON object as it came: nothing about it is known yet. */
export type Fields = Readonly<Record<string, unknown>>

/** The objects in a list; what is none is left out. @throws InvalidContentError when there is no list */
export function objectsIn(value: unknown, what: string): Fields[] {
  if (!Array.isArray(value)) throw new InvalidContentError(`the ${what} is no list`)
  return value.filter(isObject)
}

/** A list that may be missing. */
export function maybeObjects(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

/** A text that says something. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}

/** A whole number from 0 (T12: nothing is ever set aside by it). */
export function count(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : undefined
}

/** A time as RFC 3339 in UTC; Go's zero time means never. */
export function time(value: unknown): string | undefined {
  const at = new Date(text(value) ?? Number.NaN)
  return Number.isNaN(at.getTime()) || at.getUTCFullYear() < 1970 ? undefined : rfc3339(at)
}

/** The object without what is `undefined`. */
export function known<T extends object>(value: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T
}
