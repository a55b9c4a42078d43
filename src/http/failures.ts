import { codeOf, RegctlError } from '../model/errors.ts'

const unknownIssuer: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_UNTRUSTED',
])
/** OpenSSL's words for an answer that is no TLS record; Node 20 reports them as EPROTO. */
const plainHttp = /wrong.version.number|packet.length.too.long/i
const otherTls = /^(?:ERR_SSL_|ERR_TLS_|CERT_|UNABLE_TO_|EPROTO$|INVALID_CA$|HOSTNAME_MISMATCH$)/

const connection: Readonly<Record<string, (host: string) => [sentence: string, hint: string]>> = {
  ENOTFOUND: host => [
    `there is no host named ${host}`,
    'check the spelling, and that this machine can resolve the name',
  ],
  EAI_AGAIN: host => [`the name ${host} could not be resolved just now`, 'check the network and its name server'],
  ECONNREFUSED: host => [`${host} refused the connection`, 'check the port, and that the registry is running'],
  ECONNRESET: host => [
    `${host} closed the connection in the middle`,
    'try again; a proxy or firewall may be in between',
  ],
  EPIPE: host => [`${host} closed the connection in the middle`, 'try again; a proxy or firewall may be in between'],
  ETIMEDOUT: host => [`${host} did not answer`, 'check the network, and whether a proxy is needed (HTTPS_PROXY)'],
  EHOSTUNREACH: host => [`there is no route to ${host}`, 'check the network'],
  ENETUNREACH: host => [`there is no route to ${host}`, 'check the network'],
  HPE_HEADER_OVERFLOW: host => [`${host} sent more headers than 64 KiB`, 'the server or a proxy before it misbehaves'],
}

/**
 * What broke below HTTP, as a RegctlError: TLS_FAILED or UNREACHABLE with the host and what to try. The cause kept is the system's own
 * error, never the client's, which holds the request with its headers (T15).
 */
export function failureOf(error: unknown, host: string, proxyHost?: string): RegctlError {
  const own = find(error, cause => cause instanceof RegctlError)
  if (own instanceof RegctlError) return own
  const cause = innermost(error)
  const code = codeOf(cause)
  const tls = tlsFailure(cause, host)
  if (tls) return new RegctlError('TLS_FAILED', tls[0], { hint: tls[1], cause })
  const way = proxyHost === undefined ? host : `${host} (through the proxy ${proxyHost})`
  const known = Object.hasOwn(connection, code) ? connection[code]?.(way) : undefined
  if (known) return new RegctlError('UNREACHABLE', known[0], { hint: known[1], cause })
  if (code.startsWith('HPE_'))
    return new RegctlError('UNREACHABLE', `${way} does not speak HTTP`, { hint: 'check the port', cause })
  const word = code === '' ? '' : ` (${code})`
  return new RegctlError('UNREACHABLE', `the connection to ${way} failed${word}`, { hint: 'try again', cause })
}

/** Whether a certificate was refused because nobody who is trusted has signed it. */
export function isUnknownIssuer(error: unknown): boolean {
  return unknownIssuer.has(codeOf(innermost(error)))
}

function tlsFailure(cause: unknown, host: string): [sentence: string, hint: string] | undefined {
  const code = codeOf(cause)
  if (unknownIssuer.has(code)) {
    return [
      `the certificate of ${host} is signed by nobody this machine trusts`,
      `name its CA with --ca-file FILE, or skip the check with --insecure ${host}`,
    ]
  }
  if (code === 'CERT_HAS_EXPIRED')
    return [`the certificate of ${host} has expired`, `have it renewed, or skip the check with --insecure ${host}`]
  if (code === 'CERT_NOT_YET_VALID')
    return [`the certificate of ${host} is not valid yet`, "check this machine's clock and the certificate"]
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return [
      `the certificate of ${host} is for another name`,
      `use the name in the certificate, or skip the check with --insecure ${host}`,
    ]
  }
  if (otherTls.test(code) && plainHttp.test(`${code} ${cause}`))
    return [`${host} speaks plain HTTP where HTTPS was due`, `allow that with --plain-http ${host}`]
  if (code.endsWith('_CERTIFICATE_REQUIRED'))
    return [`${host} asks for a client certificate`, 'give one with --cert-file and --key-file']
  if (otherTls.test(code))
    return [`no encrypted connection to ${host} came about (${code})`, 'check the TLS settings of both sides']
  return undefined
}

/** The deepest cause; of several attempts (IPv6 and IPv4) the first tells as much as the others. */
function innermost(error: unknown): unknown {
  let current = error
  for (let depth = 0; depth < 8; depth++) {
    const below =
      current instanceof AggregateError ? current.errors[0] : current instanceof Error ? current.cause : undefined
    if (!(below instanceof Error)) break
    current = below
  }
  return isClientError(current) ? undefined : current
}

/** An error of the HTTP client itself carries its options, and with them headers. */
function isClientError(error: unknown): boolean {
  return error instanceof Error && ('options' in error || 'request' in error)
}

function find(error: unknown, matches: (cause: unknown) => boolean): unknown {
  let current = error
  for (let depth = 0; depth < 8 && current instanceof Error; depth++) {
    if (matches(current)) return current
    current = current.cause
  }
  return undefined
}
