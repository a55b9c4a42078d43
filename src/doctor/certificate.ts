import type { Socket } from 'node:net'
import { connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls'
import { bareHost } from '../http/addresses.ts'
import { failureOf } from '../http/failures.ts'
import type { TlsSettings } from '../http/tls.ts'
import { rfc3339 } from '../model/time.ts'
import { type Finding, failedBy, type Look } from './diagnosis.ts'
import { openTunnel } from './tunnel.ts'
import type { Visit } from './visit.ts'

/** A certificate for a person. */
interface Shown {
  subject: string
  issuer: string
  /** RFC 3339. */
  from: string
  until: string
  names: string[]
  sha256: string
}

const day = 24 * 60 * 60 * 1000
/** Less than that is told ahead. */
const fewDays = 14
const longestChain = 8

/** The certificate, who vouches for it, and whether this machine takes it: looked at even where it does not. */
export const tlsLook: Look = {
  name: 'tls',
  needs: ['tcp'],
  async take(visit) {
    const { baseUrl, connectTimeout } = visit
    const url = new URL(baseUrl)
    if (url.protocol === 'http:') return plain(visit)
    const settings = await visit.tlsFor(url.origin)
    const files = await visit.authorityFiles(url.origin)
    let socket: TLSSocket
    try {
      socket = await shake(await openTunnel(visit), bareHost(url.hostname), { settings, timeout: connectTimeout })
    } catch (error) {
      return failedBy(failureOf(error, url.host))
    }
    try {
      const chain = chainOf(socket.getPeerCertificate(true))
      const details = {
        protocol: socket.getProtocol(),
        cipher: socket.getCipher().name,
        authorized: socket.authorized,
        chain,
        trust: ['the roots of this machine', ...files],
      }
      return judge(visit, { socket, chain, details, isInsecure: settings?.rejectUnauthorized === false })
    } finally {
      socket.destroy()
    }
  },
}

/** Whether a server that was taken for one of plain HTTP encrypts. Never throws. */
export async function speaksTls(visit: Visit): Promise<boolean> {
  const { baseUrl, connectTimeout: timeout } = visit
  try {
    const socket = await shake(await openTunnel(visit), bareHost(new URL(baseUrl).hostname), {
      settings: undefined,
      timeout,
    })
    socket.destroy()
    return true
  } catch {
    return false
  }
}

function plain({ target, baseUrl }: Visit): Finding {
  const { host } = new URL(baseUrl)
  return {
    status: 'skipped',
    summary: `${host} is spoken to in plain HTTP`,
    details: { plainHttp: true },
    ...(isThisMachine(target.registry) && {
      hint: `for HTTPS on this machine, name the CA: --ca-file ${target.registry}=FILE`,
    }),
  }
}

/** Where HTTP is the rule of this machine's own addresses, and nobody asked for it. */
function isThisMachine(registry: string): boolean {
  return /^(?:localhost|127\.|\[::1\])/.test(registry)
}

interface Looked {
  socket: TLSSocket
  chain: Shown[]
  details: Record<string, unknown>
  isInsecure: boolean
}

function judge(visit: Visit, { socket, chain, details, isInsecure }: Looked): Finding {
  const { host } = new URL(visit.baseUrl)
  const [leaf] = chain
  const about = leaf
    ? `${socket.getProtocol()}, ${leaf.subject} by ${leaf.issuer}, until ${leaf.until}`
    : `${socket.getProtocol()}`
  if (!socket.authorized) {
    const error = failureOf(Object.assign(new Error('not authorized'), { code: codeOf(socket) }), host)
    const summary = `${error.message}${seen(leaf, codeOf(socket))}`
    if (!isInsecure) return { ...failedBy(error, details), summary }
    const hint = `--insecure lets it pass, and anybody in between: ${error.hint?.replace(/, or skip.*$/, '') ?? 'have it corrected'}`
    return { status: 'warning', summary, hint, details }
  }
  if (leaf && Date.parse(leaf.until) - visit.now() < fewDays * day) {
    const days = Math.max(0, Math.floor((Date.parse(leaf.until) - visit.now()) / day))
    const hint = 'have the certificate renewed before it ends'
    return { status: 'warning', summary: `${about}, in ${days} days`, hint, details }
  }
  return { status: 'ok', summary: about, details }
}

/** What there is in the place of what should be. */
function seen(leaf: Shown | undefined, code: string): string {
  if (!leaf) return ''
  if (code === 'CERT_HAS_EXPIRED') return ` (on ${leaf.until})`
  if (code === 'CERT_NOT_YET_VALID') return ` (from ${leaf.from})`
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return ` (${leaf.names.slice(0, 4).join(', ') || leaf.subject})`
  return ` (${leaf.issuer})`
}

/** Node has a code where its types have an Error. */
function codeOf({ authorizationError }: TLSSocket): string {
  return String(authorizationError ?? '')
}

/** Not verified by Node: the certificate that is wrong is the one to show. Nothing is sent over it. */
function shake(
  socket: Socket,
  name: string,
  { settings = {}, timeout }: { settings: TlsSettings | undefined; timeout: number },
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const { ca, cert, key } = settings
    const isName = !/^[\d.]+$|:/.test(name)
    const encrypted = connect({
      socket,
      ...(ca && { ca }),
      ...(cert && { cert }),
      ...(key && { key }),
      host: name,
      ...(isName && { servername: name }),
      rejectUnauthorized: false,
    })
    const timer = setTimeout(() => {
      encrypted.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' }))
    }, timeout)
    encrypted.once('secureConnect', () => resolve(encrypted))
    // Not only once: the connection below may end by its own clock at the same moment.
    encrypted.on('error', reject)
    encrypted.once('close', () => {
      clearTimeout(timer)
      reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' }))
    })
  })
}

function chainOf(leaf: DetailedPeerCertificate): Shown[] {
  const chain: Shown[] = []
  let at: DetailedPeerCertificate | undefined = leaf
  while (at?.subject && chain.length < longestChain) {
    chain.push(show(at))
    // A root is its own issuer.
    at = at.issuerCertificate === at ? undefined : at.issuerCertificate
  }
  return chain
}

function show({
  subject,
  issuer,
  valid_from,
  valid_to,
  subjectaltname,
  fingerprint256,
}: DetailedPeerCertificate): Shown {
  return {
    subject: nameOf(subject),
    issuer: nameOf(issuer),
    from: timeOf(valid_from),
    until: timeOf(valid_to),
    names: (subjectaltname ?? '').split(', ').flatMap(entry => /^(?:DNS|IP Address):(.+)$/.exec(entry)?.[1] ?? []),
    sha256: fingerprint256,
  }
}

function nameOf(subject: DetailedPeerCertificate['subject'] | undefined): string {
  const { CN, O } = { CN: undefined, O: undefined, ...subject }
  return [CN ?? O ?? 'nobody'].flat()[0] ?? 'nobody'
}

function timeOf(text: string): string {
  const date = new Date(text)
  return Number.isNaN(date.getTime()) ? text : rfc3339(date)
}
