import { readStart } from '../http/body.ts'
import type { HttpResponse, RefusedLogin } from '../http/http.ts'
import { redactText } from '../http/redact.ts'
import { httpsWanted, isWebPage, noRegistry, wantsHttps } from '../http/wrong-server.ts'
import { isObject } from '../model/descriptor.ts'
import { isDigest } from '../model/digest.ts'
import { type ErrorCode, type ErrorDetails, RegctlError } from '../model/errors.ts'
import { listSome } from '../model/nearest.ts'
import { apiHost } from '../model/reference.ts'

/** Bytes of an error body that are read at most; the rest is let go (item 75, T12). */
const maxErrorBody = 64 * 1024
/** Characters of a registry's own words that are passed on. */
const maxMessage = 300

/** A refusal in the registry's own words. */
export class RegistryError extends RegctlError {
  readonly status: number
  /** The `code` fields of the answer, as they came: `MANIFEST_UNKNOWN`. */
  readonly registryCodes: readonly string[]

  constructor(
    code: ErrorCode,
    message: string,
    details: ErrorDetails & { status: number; registryCodes: readonly string[] },
  ) {
    super(code, message, details)
    this.status = details.status
    this.registryCodes = details.registryCodes
  }
}

/** What was asked for, to make the sentence with. */
export interface Asked {
  /** As a person types it. */
  registry: string
  /** `tag 1.2 of 127.0.0.1:5000/demo/app`: what is missing when the answer is 404. */
  what: string
  /** Where it was asked, when not by the protocol: `hub.docker.com`. */
  host?: string
}

interface Meaning {
  code: ErrorCode
  /** Says what happened to `what`. */
  says: (asked: Asked) => string
  hint?: (asked: Asked) => string
}

const login = ({ registry }: Asked) => `log in with: regctl login ${registry}`
const missing: Meaning = { code: 'NOT_FOUND', says: ({ what }) => `there is no ${what}` }
const denied: Meaning = {
  code: 'DENIED',
  says: ({ registry, what }) => `${registry} denies access to ${what}`,
  hint: ({ registry }) => `it may not exist, or the account may not reach it: regctl whoami ${registry}`,
}
const unauthorized: Meaning = {
  code: 'UNAUTHORIZED',
  says: ({ registry, what }) => `${registry} wants a login for ${what}`,
  hint: login,
}
/** Whoever is logged in and told to log in looks in the wrong place: it is this login, or what it may do. */
const refusedLogin = ({ username, source }: RefusedLogin): Meaning => ({
  code: 'UNAUTHORIZED',
  says: ({ registry, what }) =>
    `${registry} did not accept ${username === undefined ? 'the token' : `the login of ${username}`} (from ${source}) for ${what}`,
  hint: ({ registry }) => `the account may not reach it, or log in anew with: regctl login ${registry}`,
})
const limited: Meaning = {
  code: 'RATE_LIMITED',
  says: ({ registry, what }) => `${registry} limits requests, and still does after waiting (${what})`,
  hint: () => 'try again later, with fewer --jobs, or logged in: most registries allow more then',
}
const unsupported: Meaning = {
  code: 'UNSUPPORTED',
  says: ({ registry, what }) => `${registry} does not support this for ${what}`,
}
const invalid: Meaning = {
  code: 'CONTENT_INVALID',
  says: ({ registry, what }) => `${registry} refuses ${what} as invalid`,
}
const failed: Meaning = { code: 'SERVER_FAILED', says: ({ registry, what }) => `${registry} failed on ${what}` }
const refused: Meaning = { code: 'FAILED', says: ({ registry, what }) => `${registry} refused ${what}` }

const plain: Meaning = {
  code: 'TLS_FAILED',
  says: ({ registry }) => httpsWanted(registry).message,
  hint: ({ registry }) => httpsWanted(registry).hint,
}

/** The codes of the specification, and those seen in the wild (item 74). */
const byCode: Readonly<Record<string, Meaning>> = {
  BLOB_UNKNOWN: missing,
  BLOB_UPLOAD_INVALID: { ...refused, says: ({ registry, what }) => `${registry} refused the upload of ${what}` },
  BLOB_UPLOAD_UNKNOWN: {
    ...refused,
    says: ({ registry, what }) => `${registry} no longer knows the upload of ${what}`,
  },
  DIGEST_INVALID: {
    code: 'CONTENT_MISMATCH',
    says: ({ registry, what }) => `${registry} says that the digest does not match the content of ${what}`,
  },
  MANIFEST_BLOB_UNKNOWN: {
    code: 'NOT_FOUND',
    says: ({ registry, what }) => `${registry} lacks content that ${what} refers to`,
    hint: () => 'copy it with --force, which checks every part',
  },
  MANIFEST_INVALID: invalid,
  MANIFEST_UNVERIFIED: invalid,
  MANIFEST_UNKNOWN: missing,
  NAME_INVALID: {
    code: 'REFERENCE_INVALID',
    says: ({ registry, what }) => `${registry} does not allow the name of ${what}`,
  },
  TAG_INVALID: {
    code: 'REFERENCE_INVALID',
    says: ({ registry, what }) => `${registry} does not allow the name of ${what}`,
  },
  NAME_UNKNOWN: missing,
  NOT_FOUND: missing,
  SIZE_INVALID: {
    code: 'CONTENT_MISMATCH',
    says: ({ registry, what }) => `${registry} says that the size does not match the content of ${what}`,
  },
  RANGE_INVALID: refused,
  UNAUTHORIZED: unauthorized,
  DENIED: denied,
  FORBIDDEN: denied,
  UNSUPPORTED: unsupported,
  TOOMANYREQUESTS: limited,
  UNAVAILABLE: failed,
  PRECONDITION: { ...denied, hint: () => 'a rule keeps it: one of its tags is immutable' },
  PROJECTPOLICYVIOLATION: { ...denied, hint: () => 'the project has a policy against pulling this image' },
}

/** Reads and closes the answer, and says it as a sentence with a code (items 74 to 78). The registry's words are redacted and cut short, not escaped. */
export async function registryError(response: HttpResponse, asked: Asked): Promise<RegistryError> {
  const body = await readStart(response, maxErrorBody)
  const { codes, message } = parseErrorBody(body)
  const { code, says, hint } = wantsHttps(response, body) ? plain : meaningOf(response, codes)
  const own = [says(asked)]
  if (message) own.push(message)
  else if (says === refused.says || says === failed.says) own.push(`status ${response.status}`)
  const details = { status: response.status, registryCodes: codes }
  const elsewhere = otherHost(response, asked)
  if (elsewhere !== undefined) {
    // The registry did its part, and no login or setting for it helps: whoever answered is named, with nothing to try.
    const [, ...words] = own
    const sentence = `${elsewhere}, where ${asked.registry} sent us, did not give us ${asked.what}`
    const said = message ? words : [`status ${response.status}`]
    return new RegistryError(code === 'UNAUTHORIZED' ? 'DENIED' : code, [sentence, ...said].join(': '), details)
  }
  const strange = asked.host === undefined && codes.length === 0 && isStrange(response, body)
  return new RegistryError(code, own.join(': '), {
    hint: strange ? noRegistry(asked.registry) : hint?.(asked),
    ...details,
  })
}

/** An answer of 200 that is a page for people, from a login portal or a web server. */
export function webPageError(registry: string, what: string): RegctlError {
  return new RegctlError('SERVER_FAILED', `${registry} answered with a web page instead of the ${what}`, {
    hint: noRegistry(registry),
  })
}

/** `undefined` when the registry itself answered, and not somebody that a redirect or an upload's Location led to. */
function otherHost({ url }: HttpResponse, asked: Asked): string | undefined {
  const { host, protocol } = new URL(url)
  return new URL(`${protocol}//${asked.host ?? apiHost(asked.registry)}`).host === host ? undefined : host
}

/** What no registry answers, or not without saying it in codes. */
function isStrange(response: HttpResponse, body: string): boolean {
  const { status, headers } = response
  if (status === 405 || status === 501) return true
  // The answer to HEAD has a label and no body.
  if (status === 404) return body !== '' || /^text\/html\b/i.test(headers['content-type'] ?? '')
  return status < 500 && status !== 401 && status !== 429 && isWebPage(response, body)
}

function meaningOf({ status, refused: login }: HttpResponse, codes: readonly string[]): Meaning {
  // These statuses say more than the code beside them: Hub and GHCR send DENIED with 401, proxies send UNKNOWN with 429.
  if (status === 429) return limited
  if (status === 401) return login ? refusedLogin(login) : unauthorized
  if (status >= 500 && status !== 501) return failed
  for (const code of codes) {
    const meaning = Object.hasOwn(byCode, code) ? byCode[code] : undefined
    if (meaning) return meaning
  }
  if (status === 403) return denied
  if (status === 404) return missing
  if (status === 405 || status === 501) return unsupported
  if (status === 413) return { ...refused, says: ({ registry, what }) => `${registry} finds ${what} too large` }
  return refused
}

/** Any shape is survived: JSON of the specification, of token servers, of the Hub, or HTML and plain text (74, 75). */
export function parseErrorBody(body: string): { codes: string[]; message: string } {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return { codes: [], message: shorten(/<\/?[a-z!]/i.test(body) ? '' : body) }
  }
  if (!isObject(value)) return { codes: [], message: shorten(text(value)) }
  const listed = Array.isArray(value.errors) ? value.errors : [value.errors]
  const errors = listed.filter(isObject)
  const codes = errors.flatMap(({ code }) => (typeof code === 'string' ? [code.toUpperCase()] : []))
  const missing = [...new Set(errors.flatMap(({ detail }) => unknownDigests(detail)))]
  const [words] = errors.flatMap(error => text(error.message) ?? [])
  const said =
    missing.length > 0 && !missing.some(digest => words?.includes(digest))
      ? [words, `(${listSome(missing)})`].filter(Boolean).join(' ')
      : words
  return {
    codes,
    message: shorten(
      said ?? text(value.details) ?? text(value.message) ?? text(value.detail) ?? text(value.error) ?? '',
    ),
  }
}

/** MANIFEST_BLOB_UNKNOWN says in `detail` which content it lacks (item 49): a digest, an object with one, or a list of those. */
function unknownDigests(detail: unknown): string[] {
  return [detail].flat().flatMap(each => {
    if (isObject(each)) return typeof each.digest === 'string' ? [each.digest] : []
    return isDigest(each) ? [each] : []
  })
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}

/** Redacted, for some repeat the request with its token, or the address that they failed at (T15). */
function shorten(message: string | undefined): string {
  const line = redactText(message ?? '')
    .replace(/\s+/g, ' ')
    .trim()
  return line.length > maxMessage ? `${line.slice(0, maxMessage)}…` : line
}
