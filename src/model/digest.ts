import { createHash, type Hash } from 'node:crypto'
import { InvalidContentError } from './errors.ts'

/** `algorithm:encoded`, checked by {@link parseDigest}: safe in a URL and as a file name (image-spec descriptor.md, "Digests"). */
export type Digest = `${string}:${string}`

/** Algorithms we can compute, with the length of their lower-case hexadecimal form. */
const hexLength: ReadonlyMap<string, number> = new Map([
  ['sha256', 64],
  ['sha384', 96],
  ['sha512', 128],
])

const grammar = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/
const maxLength = 512

/** Whether this is a digest by the grammar, and of the right form where its algorithm is registered. */
export function isDigest(text: unknown): text is Digest {
  if (typeof text !== 'string' || text.length > maxLength || !grammar.test(text)) return false
  const colon = text.indexOf(':')
  const length = hexLength.get(text.slice(0, colon))
  const encoded = text.slice(colon + 1)
  return length === undefined || (encoded.length === length && /^[0-9a-f]+$/.test(encoded))
}

/** Takes a digest for what it is. @throws InvalidContentError when the text is none by the grammar, or a registered algorithm has the wrong form (T11) */
export function parseDigest(text: unknown): Digest {
  if (isDigest(text)) return text
  throw new InvalidContentError(`${JSON.stringify(text)?.slice(0, 200)} is not a digest`)
}

export function algorithmOf(digest: Digest): string {
  return digest.slice(0, digest.indexOf(':'))
}

export function encodedOf(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1)
}

/** Whether bytes can be checked against this digest here: content under another algorithm is never trusted. */
export function isVerifiable(digest: Digest): boolean {
  return hexLength.has(algorithmOf(digest))
}

/** @throws InvalidContentError for an algorithm that cannot be computed. */
export function hasherFor(digest: Digest): Hash {
  if (!isVerifiable(digest)) throw new InvalidContentError(`the digest algorithm of ${digest} is not supported`)
  return createHash(algorithmOf(digest))
}

/** Hashes bytes; sha256 unless told otherwise. */
export function digestOf(bytes: Uint8Array, algorithm: 'sha256' | 'sha384' | 'sha512' = 'sha256'): Digest {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
}

/** `sha256:0123456789ab`: enough for a person to tell two apart. */
export function shortDigest(digest: Digest): string {
  return `${algorithmOf(digest)}:${encodedOf(digest).slice(0, 12)}`
}
