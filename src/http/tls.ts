import { X509Certificate } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RegctlError } from '../model/errors.ts'

/** What a person said about one registry's TLS; paths of PEM files. */
export interface TlsFiles {
  /** HTTPS without looking at the certificate. */
  insecure?: boolean
  /** Trusted besides the system's. */
  caFile?: string
  certFile?: string
  keyFile?: string
}

/** What goes into a TLS connection, PEM. */
export interface TlsSettings {
  rejectUnauthorized?: boolean
  /** The authorities that were named. */
  ca?: string[]
  /** What this machine trusts besides: Node replaces it by `ca`, and takes 30 ms to read it. */
  roots?: () => string[]
  cert?: string[]
  key?: string[]
}

export interface TlsOptions {
  /** For a host as it stands in a URL: `name`, or `name:port` where the port is not the scheme's own. */
  filesFor: (host: string) => TlsFiles | undefined
  /** Folders like `/etc/docker/certs.d`; all of them count. */
  certsDirs: readonly string[]
  /** SSL_CERT_FILE. */
  sslCertFile?: string
  /** NODE_EXTRA_CA_CERTS: Node forgets it as soon as it is given a `ca`. */
  extraCa?: string
}

/**
 * The TLS identity of one origin and of no other: certificates, keys and `insecure` never reach a redirect's target, a token
 * service or another port (T20). Settings are read once; `undefined` is Node's default.
 * The returned function throws RegctlError CONFIG_INVALID naming the file that is missing, unreadable, no PEM or without its pair.
 */
export function createTls(options: TlsOptions): (origin: string) => Promise<TlsSettings | undefined> {
  const cache = new Map<string, Promise<TlsSettings | undefined>>()
  return origin => {
    const known = cache.get(origin)
    if (known) return known
    const settings = read(origin, options)
    cache.set(origin, settings)
    return settings
  }
}

/** The files of authorities that are trusted besides the system's at one origin, by `createTls`'s rules. @throws RegctlError CONFIG_INVALID */
export async function authorityFiles(origin: string, options: TlsOptions): Promise<string[]> {
  return new URL(origin).protocol === 'https:' ? (await find(origin, options)).found.authorities : []
}

/** Files found for one origin. */
interface Found {
  authorities: string[]
  pairs: { cert: string; key: string }[]
}

async function read(origin: string, options: TlsOptions): Promise<TlsSettings | undefined> {
  if (new URL(origin).protocol !== 'https:') return undefined
  const { files, found } = await find(origin, options)
  const settings: TlsSettings = {}
  if (files.insecure) settings.rejectUnauthorized = false
  if (found.authorities.length > 0) {
    settings.ca = await authorities(found.authorities, options.extraCa)
    settings.roots = systemRoots
  }
  if (found.pairs.length > 0) Object.assign(settings, await identity(found.pairs))
  return Object.keys(settings).length > 0 ? settings : undefined
}

async function find(origin: string, options: TlsOptions): Promise<{ files: TlsFiles; found: Found }> {
  const { hostname, host, port } = new URL(origin)
  const files = options.filesFor(host) ?? {}
  const found: Found = { authorities: [], pairs: [] }
  for (const name of port === '' ? [hostname, `${hostname}:443`] : [host])
    for (const dir of options.certsDirs) await scan(join(dir, folderName(name)), found)
  for (const path of [files.caFile, options.sslCertFile]) if (path) found.authorities.push(path)
  if (files.certFile || files.keyFile) found.pairs.push(pairOf(files))
  return { files, found }
}

/** Windows has no colon in file names; Docker leaves it out there. */
function folderName(host: string): string {
  return process.platform === 'win32' ? host.replaceAll(':', '') : host
}

/** `*.crt` are authorities, `X.cert` is a client certificate whose key is `X.key` (2.10). A folder we may not list is none. */
async function scan(folder: string, { authorities, pairs }: Found): Promise<void> {
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException): string[] => {
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'].includes(cause.code ?? '')) return []
    throw invalid(folder, 'cannot be listed', cause)
  })
  for (const name of names.toSorted()) {
    const path = join(folder, name)
    if (name.endsWith('.crt')) authorities.push(path)
    if (name.endsWith('.cert')) {
      const key = name.replace(/\.cert$/, '.key')
      if (!names.includes(key)) throw invalid(path, `has no key beside it; ${key} is missing`)
      pairs.push({ cert: path, key: join(folder, key) })
    }
    if (name.endsWith('.key') && !names.includes(name.replace(/\.key$/, '.cert')))
      throw invalid(path, `has no certificate beside it; ${name.replace(/\.key$/, '.cert')} is missing`)
  }
}

function pairOf({ certFile, keyFile }: TlsFiles): { cert: string; key: string } {
  if (certFile && keyFile) return { cert: certFile, key: keyFile }
  throw invalid(
    certFile ?? keyFile ?? '',
    `needs ${certFile ? 'a key (--key-file)' : 'a certificate (--cert-file)'} as well`,
  )
}

async function authorities(paths: string[], extra: string | undefined): Promise<string[]> {
  const own: string[] = []
  for (const path of paths) own.push(await readPem(path))
  // Node only warns about an unreadable NODE_EXTRA_CA_CERTS, and so do we not fail.
  if (extra) own.push(await readPem(extra).catch(() => ''))
  // Both variables often name the same bundle, which takes long to read.
  return [...new Set(own)].filter(pem => pem !== '')
}

/** Node 22.15 and newer know the system's own roots besides theirs. */
function systemRoots(): string[] {
  const tls = process.getBuiltinModule('node:tls')
  const get: unknown = Reflect.get(tls, 'getCACertificates')
  const roots: unknown = typeof get === 'function' ? get('system') : []
  return [...new Set([...tls.rootCertificates, ...(Array.isArray(roots) ? roots : [])])]
}

async function readPem(path: string): Promise<string> {
  const pem = await readText(path)
  try {
    new X509Certificate(pem)
  } catch (cause) {
    throw invalid(path, 'is not a PEM certificate', cause)
  }
  return pem
}

async function identity(pairs: Found['pairs']): Promise<Required<Pick<TlsSettings, 'cert' | 'key'>>> {
  const [certs, keys]: [string[], string[]] = [[], []]
  // Loaded where there is TLS.
  const tls = process.getBuiltinModule('node:tls')
  for (const pair of pairs) {
    const cert = await readPem(pair.cert)
    const key = await readText(pair.key)
    try {
      tls.createSecureContext({ cert, key })
    } catch {
      // The cause is left out: OpenSSL's words may quote what stands in a key file (T15).
      throw invalid(pair.key, `is no usable key for ${pair.cert}`)
    }
    certs.push(cert)
    keys.push(key)
  }
  return { cert: certs, key: keys }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw invalid(path, 'cannot be read', cause)
  }
}

function invalid(path: string, deed: string, cause?: unknown): RegctlError {
  return new RegctlError('CONFIG_INVALID', `${path} ${deed}`, {
    hint: 'give PEM files: --ca-file, --cert-file with --key-file, or a certs.d folder',
    ...(cause === undefined ? {} : { cause }),
  })
}
