import type { Open } from '../model/content.ts'
import type { Descriptor } from '../model/descriptor.ts'
import { isNotFound, RegctlError } from '../model/errors.ts'
import type { PushOptions, PushOutcome } from '../store/store.ts'
import { statBlob } from './download.ts'
import type { Repository } from './endpoint.ts'
import { RegistryError } from './errors.ts'
import { isBroken } from './reopen.ts'
import { type UploadBody, uploadBody } from './upload-body.ts'
import { sendBlob } from './upload-send.ts'
import { mountSource, openSession, remember, type Session, whereItStands } from './upload-session.ts'

/** How often an upload may break without the registry having got a byte further. */
const attempts = 3

/**
 * Two requests for a blob that is missing: a POST that mounts it or opens an upload, and a PUT with the body (items 27 to 30, 42).
 * Mounting from the destination itself asks "is it here?" in the same breath: 201 when it is, 202 with an upload when not.
 * An upload that broke, in this run or in an earlier one that left a checkpoint, goes on where the registry has got, where it can say.
 */
export async function pushBlob(
  place: Repository,
  target: Descriptor,
  open: Open,
  options: PushOptions,
): Promise<PushOutcome> {
  const { underWay, known, earlier } = place.registry
  await earlier.recall()
  // Somebody else of this run is at it: what they leave is here, or can be mounted from there. When they fail, it is our turn.
  for (let other = underWay.get(target.digest); other; other = underWay.get(target.digest)) {
    const done = await other.push.then(
      () => true,
      () => false,
    )
    if (done && other.repository === place.name) return 'present'
  }
  const push = upload(place, target, open, options)
  underWay.set(target.digest, { repository: place.name, push })
  try {
    const outcome = await push
    known.add(target.digest, place.name)
    return outcome
  } finally {
    underWay.delete(target.digest)
  }
}

async function upload(place: Repository, target: Descriptor, open: Open, options: PushOptions): Promise<PushOutcome> {
  const body = uploadBody(target, open)
  const session = await pickUp(place, target, options)
  if (!session && isWorthPreparing(place, target, options)) body.prepare()
  try {
    return await uploadFrom(session, { place, target, body, options })
  } finally {
    body.drop()
  }
}

/** The source's first answer and the registry's are waited for side by side, until a blob of this copy turns out to be here already. */
function isWorthPreparing(place: Repository, target: Descriptor, { isNew, mountFrom }: PushOptions): boolean {
  const { known, habits } = place.registry
  if (!isNew || target.size === 0 || habits.holding?.has(place.name) || known.has(target.digest, place.name))
    return false
  return mountSource(place, target, mountFrom) === undefined
}

interface Uploading {
  place: Repository
  target: Descriptor
  body: UploadBody
  options: PushOptions
}

async function uploadFrom(
  begun: Session | undefined,
  { place, target, body, options }: Uploading,
): Promise<PushOutcome> {
  const { checkpoint } = options
  let session = begun
  /** Bytes that the registry has had at most: to get as far in another upload is no progress. */
  let furthest = begun?.offset ?? 0
  let hasSpoilt = false
  for (let fruitless = 0; ; ) {
    const offset = session?.offset ?? 0
    try {
      if (!session) {
        const opened = await openSession(place, target, options)
        if (opened === 'present') noteHolding(place)
        if (typeof opened === 'string') return opened
        if (await isHereAfterAll(place, target, options)) return 'present'
        session = opened
        // Nothing is there yet that could be lost while it is written down.
        remember(place, session, options).catch(() => {})
      }
      await sendBlob(place, { target, body, session, options })
      await checkpoint?.clear()
      return 'pushed'
    } catch (error) {
      if (body.failure) throw body.failure
      const isSpoilt: boolean = offset > 0 && !hasSpoilt && isMismatch(error)
      // Opening an upload twice leaves an empty one behind, which is no harm; a refusal to open one stands.
      if (!(session ? isSpoilt || isWorthAnother(error) : isBroken(error)) || options.signal?.aborted) throw error
      hasSpoilt ||= isSpoilt
      const isLost = isSpoilt || place.registry.habits.noPatch
      session = session && !isLost ? await askAgain(place, target, session, options) : undefined
      if (session && session.offset > furthest) fruitless = 0
      else if (++fruitless >= attempts) throw error
      furthest = Math.max(furthest, session?.offset ?? 0)
      // Nothing came of going on from there: the last attempt begins anew.
      if (fruitless === attempts - 1) session = undefined
    }
  }
}

function noteHolding({ registry: { habits }, name }: Repository): void {
  habits.holding ??= new Set()
  habits.holding.add(name)
}

/** The upload of an earlier run, where the registry still has it. */
async function pickUp(place: Repository, target: Descriptor, options: PushOptions): Promise<Session | undefined> {
  const location = await options.checkpoint?.load()
  if (location === undefined) return undefined
  return askAgain(place, target, { location, offset: 0 }, options)
}

/** `undefined` when a new upload is as good: nothing has arrived (`0-0` may also mean one byte, item 33), or nobody knows. */
async function askAgain(
  place: Repository,
  target: Descriptor,
  { location }: Session,
  options: PushOptions,
): Promise<Session | undefined> {
  try {
    const session = await whereItStands(place, target, location, options)
    if (!session || session.offset === 0) return undefined
    await remember(place, session, options)
    return session
  } catch (error) {
    if (options.signal?.aborted || !(error instanceof RegctlError)) throw error
    return undefined
  }
}

/** A registry that says 202 to a mount from here although it is known to have the blob is one that ignores such mounts (ECR): then HEAD tells. */
async function isHereAfterAll(place: Repository, target: Descriptor, { signal }: PushOptions): Promise<boolean> {
  const { habits, known } = place.registry
  if (!habits.noSelfMount && !habits.ignoresSelfMount && !known.has(target.digest, place.name)) return false
  try {
    await statBlob(place, target, { signal })
    habits.ignoresSelfMount = true
    return true
  } catch (error) {
    if (isNotFound(error)) return false
    throw error
  }
}

/** Lost or closed uploads, refused chunks, bodies too large, and passing failures: all of them an upload can survive, from where it stands or anew. */
const survivable: ReadonlySet<number> = new Set([404, 405, 408, 413, 416, 501])

function isWorthAnother(error: unknown): boolean {
  if (error instanceof RegistryError) return error.status >= 500 || survivable.has(error.status)
  return isBroken(error)
}

/** What an upload had from before is not the target's: another may have written to it, or it was damaged on its way. Once, that is worth beginning anew. */
function isMismatch(error: unknown): boolean {
  return error instanceof RegistryError && error.code === 'CONTENT_MISMATCH'
}
