import { isNotFound, RegctlError } from '../model/errors.ts'
import type { Options, Source } from '../store/store.ts'
import { knownOf } from './candidates.ts'
import { type MirrorConnection, type MirrorState, type Probe, probe } from './probe.ts'

/** What is tested: a mirror's address, and how to speak to it. */
export interface TestedMirror {
  mirror: string
  connect(): Promise<MirrorConnection>
}

/** What is read from the mirrors, and held against what. */
export interface TestOptions extends Options {
  /** The registry itself, past all mirrors. */
  upstream: Source
  reference: string
  /** Milliseconds for each mirror; 20 000 when absent. */
  timeout?: number
}

/** A mirror's place among those tested, 1 being the best. */
export interface RankedMirror extends Probe {
  rank: number
  mirror: string
  /** What was known of it before; `undefined` for most. */
  known?: string
}

/** All mirrors that were tested, ranked. */
export interface MirrorTest {
  image: string
  /** What the registry itself says; with `error` when it could not be asked, and then nobody can tell a stale mirror. */
  upstream: { digest?: string; milliseconds?: number; error?: string }
  /** The best first. */
  mirrors: RankedMirror[]
}

const order: readonly MirrorState[] = ['good', 'stale', 'slow', 'lacking', 'login', 'wrong', 'broken', 'unreachable']

/**
 * Probes mirrors side by side, each for a bounded time, and ranks them: by what they can do first, then by how fast a layer would come.
 * @throws NotFoundError for an image that the registry itself does not have
 */
export async function testMirrors(tested: readonly TestedMirror[], options: TestOptions): Promise<MirrorTest> {
  const { upstream, reference, signal } = options
  const own = await askUpstream(options)
  const probes = await Promise.all(
    tested.map(async ({ mirror, connect }) => {
      const known = knownOf(mirror)
      return { mirror, ...(known !== undefined && { known }), ...(await probeInTime(connect, own.digest, options)) }
    }),
  )
  signal?.throwIfAborted()
  const ranked = probes.sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || secondsFor(a) - secondsFor(b))
  return {
    image: `${upstream.location}${reference.includes(':') ? '@' : ':'}${reference}`,
    upstream: own,
    mirrors: ranked.map((each, at) => ({ rank: at + 1, ...each })),
  }
}

async function probeInTime(
  connect: TestedMirror['connect'],
  expected: string | undefined,
  { reference, signal, timeout = 20_000 }: TestOptions,
): Promise<Probe> {
  const enough = new AbortController()
  const late = new RegctlError('STALLED', `it was not done within ${timeout / 1000} s`)
  const timer = setTimeout(() => enough.abort(late), timeout)
  try {
    const both = signal ? AbortSignal.any([signal, enough.signal]) : enough.signal
    return await probe(await connect(), { reference, expected, signal: both })
  } finally {
    clearTimeout(timer)
  }
}

async function askUpstream({
  upstream,
  reference,
  signal,
  timeout = 20_000,
}: TestOptions): Promise<MirrorTest['upstream']> {
  const start = performance.now()
  const late = AbortSignal.timeout(timeout)
  try {
    const { digest } = await upstream.resolve(reference, { signal: signal ? AbortSignal.any([signal, late]) : late })
    return { digest, milliseconds: Math.round(performance.now() - start) }
  } catch (error) {
    // An image that is not there is no failure of the mirrors that lack it.
    if (signal?.aborted || isNotFound(error)) throw error
    if (late.aborted) return { error: `it did not answer within ${timeout / 1000} s` }
    if (error instanceof RegctlError) return { error: error.message }
    throw error
  }
}

/** For a layer of ten megabytes, as far as can be told from a small one. */
function secondsFor({ firstByte, bytesPerSecond }: Probe): number {
  if (firstByte === undefined || !bytesPerSecond) return Number.MAX_VALUE
  return firstByte / 1000 + 10_000_000 / bytesPerSecond
}
