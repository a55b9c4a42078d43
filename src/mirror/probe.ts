import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { bareHost } from '../http/addresses.ts'
import { discard } from '../http/body.ts'
import { lend } from '../http/lent.ts'
import type { Descriptor } from '../model/descriptor.ts'
import { InvalidContentError, RegctlError } from '../model/errors.ts'
import type { ImageManifest } from '../model/manifest.ts'
import { apiPath } from '../registry/call.ts'
import type { Registry } from '../registry/endpoint.ts'
import { readManifest, verifying } from '../store/read.ts'
import type { Options, Source } from '../store/store.ts'

/** A mirror that can be spoken to. */
export interface MirrorConnection {
  registry: Registry
  source: Source
  /** As the mirror calls it. */
  repository: string
  /** A proxy is in between, and resolves the name in our place. */
  isProxied: boolean
}

/** What a mirror is good for, in a word; docs/mirrors.md explains each. */
export type MirrorState = 'good' | 'stale' | 'slow' | 'lacking' | 'login' | 'wrong' | 'broken' | 'unreachable'

/** What a mirror showed; what was not reached is absent. Times in milliseconds. */
export interface Probe {
  state: MirrorState
  /** What went wrong, in a sentence. */
  error?: string
  /** Looking up the name. */
  dns?: number
  addresses?: string[]
  /** Whether the connection is encrypted and the certificate good. */
  tls?: boolean
  /** `GET /v2/`: its status, and the time with connecting. */
  v2?: number
  connect?: number
  /** What the tag names there, and the time of the HEAD. */
  digest?: string
  head?: number
  /** From asking for a layer to its first byte. */
  firstByte?: number
  bytesPerSecond?: number
  /** Whether parts of layers can be had. */
  ranges?: boolean
}

interface Probing extends Options {
  reference: string
  /** What the registry itself says that the tag names; `undefined`: nobody knows. */
  expected: string | undefined
  now?: () => number
}

/** Bytes of a layer that are measured at most; a larger one is let go then. */
const most = 8 * 1024 * 1024

/** Walks the way that a pull takes, until it ends. Whatever happens is an answer. @throws when interrupted */
export async function probe(mirror: MirrorConnection, options: Probing): Promise<Probe> {
  const result: Probe = { state: 'good' }
  try {
    await walk(mirror, result, options)
  } catch (cause) {
    // A stream that is aborted wraps the reason in an error of its own.
    const error: unknown = options.signal?.aborted ? options.signal.reason : cause
    if (!(error instanceof RegctlError)) throw error
    result.state = stateOf(error)
    result.error = error.message
  }
  return result
}

async function walk(mirror: MirrorConnection, result: Probe, options: Probing): Promise<void> {
  const { registry, source, repository } = mirror
  const { reference, expected, signal, now = () => performance.now() } = options
  const timed = async <T>(work: () => Promise<T>): Promise<[T, number]> => {
    const start = now()
    const value = await work()
    return [value, Math.round(now() - start)]
  }
  const { hostname, protocol } = new URL(registry.baseUrl)
  if (!mirror.isProxied && isIP(bareHost(hostname)) === 0) {
    const [found, dns] = await timed(() =>
      unlessAborted(lookup(hostname, { all: true }).catch(noName(hostname)), signal),
    )
    Object.assign(result, { dns, addresses: found.map(({ address }) => address) })
  }
  const base = `${registry.baseUrl}/v2/`
  const [answer, connect] = await timed(() => registry.send({ method: 'GET', url: base, signal }))
  Object.assign(result, { v2: answer.status, connect, tls: protocol === 'https:' })
  await discard(answer)
  const [root, head] = await timed(() => source.resolve(reference, { signal }))
  Object.assign(result, { digest: root.digest, head })
  const layer = await someLayer(source, root, { signal })
  if (layer) {
    Object.assign(result, await measure(source, layer, { signal, now }))
    const url = registry.baseUrl + apiPath(repository, 'blobs', layer.digest)
    const part = await registry.send({ method: 'GET', url, headers: { range: 'bytes=1-1' }, signal })
    result.ranges = part.status === 206
    part.body.destroy()
  }
  if (expected === undefined || expected === root.digest) return
  result.state = 'stale'
  result.error = `it names another digest than the registry itself does (${expected})`
}

/** Of the first platform: the largest layer that is small, else the smallest. */
async function someLayer(source: Source, root: Descriptor, options: Options): Promise<Descriptor | undefined> {
  let manifest = await readManifest(source, root, options)
  if (manifest.kind === 'index') {
    const [first] = manifest.manifests
    if (!first) return undefined
    manifest = await readManifest(source, first, options)
  }
  if (manifest.kind === 'index') throw new InvalidContentError('an index of indexes')
  return pick(manifest)
}

function pick({ layers }: ImageManifest): Descriptor | undefined {
  const bySize = [...layers].sort((a, b) => a.size - b.size)
  return bySize.findLast(({ size }) => size <= most) ?? bySize[0]
}

async function measure(
  source: Source,
  layer: Descriptor,
  { signal, now }: Options & { now: () => number },
): Promise<Pick<Probe, 'firstByte' | 'bytesPerSecond'>> {
  const start = now()
  let firstByte: number | undefined
  let bytes = 0
  // A layer is held against its digest, unless it is too large to be read to its end.
  for await (const chunk of verifying(layer)(lend(await source.fetch(layer, { signal })))) {
    firstByte ??= Math.round(now() - start)
    bytes += chunk.length
    if (bytes > most) break
  }
  const seconds = Math.max(now() - start, 1) / 1000
  return { bytesPerSecond: Math.round(bytes / seconds), ...(firstByte !== undefined && { firstByte }) }
}

const states: Readonly<Partial<Record<RegctlError['code'], MirrorState>>> = {
  NOT_FOUND: 'lacking',
  UNAUTHORIZED: 'login',
  DENIED: 'login',
  UNREACHABLE: 'unreachable',
  TLS_FAILED: 'unreachable',
  STALLED: 'slow',
  CONTENT_MISMATCH: 'wrong',
  CONTENT_INVALID: 'wrong',
}

function stateOf({ code }: RegctlError): MirrorState {
  return states[code] ?? 'broken'
}

/** A look-up cannot be stopped, only left alone. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    work.then(resolve, reject)
  })
}

function noName(hostname: string): (cause: NodeJS.ErrnoException) => never {
  return cause => {
    const sentence = `the name ${hostname} cannot be resolved (${cause.code})`
    throw new RegctlError('UNREACHABLE', sentence, { cause })
  }
}
