import { createReadStream } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { PassThrough, type Readable } from 'node:stream'
import type { Descriptor } from '../model/descriptor.ts'
import type { Digest } from '../model/digest.ts'
import { mediaTypes } from '../model/media-types.ts'
import type { Store } from '../store/store.ts'
import type { Exchange, Handlers } from './exchange.ts'
import type { Repositories } from './repositories.ts'
import { type Headers, Refusal, respondEmpty } from './respond.ts'
import { digestParameter, repositoryParameter } from './routes.ts'
import { append, cutBack, type Session, type Sessions } from './sessions.ts'

/** `POST /v2/<name>/blobs/uploads/`: mounts, takes a blob in one request, or opens a session (end-4a, end-4b, end-11). */
export function uploadsHandlers(repositories: Repositories, sessions: Sessions): Handlers {
  return {
    async POST({ req, res, route: { name }, query }: Exchange) {
      const wanted = query.get('mount')
      if (wanted !== null && (await mount(repositories, digestParameter(wanted), query.get('from'), name))) {
        return respondEmpty(res, 201, blobHeaders(name, digestParameter(wanted)))
      }
      const body = hold(req)
      const digest = query.has('digest') ? digestParameter(query.get('digest')) : undefined
      const session = await sessions.start(name)
      if (digest === undefined) return respondEmpty(res, 202, sessionHeaders(session))
      await sessions.alone(name, session.id, async (current, signal) => {
        try {
          await receive(current, req, { body, signal })
          await commit(await repositories.create(name), current, digest)
        } finally {
          // Its client was never told where it is.
          await sessions.remove(current)
        }
      })
      respondEmpty(res, 201, blobHeaders(name, digest))
    },
  }
}

/** The session's own URL: chunks, status, the closing PUT and cancelling (end-5, end-6, end-13, end-14). */
export function uploadHandlers(repositories: Repositories, sessions: Sessions): Handlers {
  return {
    async GET({ res, route: { name, target } }) {
      respondEmpty(res, 204, sessionHeaders(await sessions.look(name, target)))
    },
    async PATCH({ req, res, route: { name, target } }) {
      const body = hold(req)
      await sessions.alone(name, target, async (session, signal) => {
        await receive(session, req, { body, signal })
        respondEmpty(res, 202, sessionHeaders(session))
      })
    },
    async PUT({ req, res, route: { name, target }, query }) {
      const body = hold(req)
      const digest = digestParameter(query.get('digest'))
      await sessions.alone(name, target, async (session, signal) => {
        await receive(session, req, { body, signal })
        try {
          await commit(await repositories.create(name), session, digest)
        } finally {
          // Whole or wrong: nothing more can come of it.
          await sessions.remove(session)
        }
        respondEmpty(res, 201, blobHeaders(name, digest))
      })
    },
    async DELETE({ res, route: { name, target } }) {
      await sessions.alone(name, target, session => sessions.remove(session))
      respondEmpty(res, 204)
    },
  }
}

/** Whether the blob is in `name` now. Without `from`, any repository will do: whoever may write here may read them all. */
async function mount(repositories: Repositories, digest: Digest, from: string | null, name: string): Promise<boolean> {
  const sources = from === null ? repositories.names() : [repositoryParameter(from)]
  for await (const source of sources) {
    const store = await repositories.open(source)
    const blob = await store?.stat({ digest, mediaType: mediaTypes.octets })
    if (!store || !blob) continue
    if (source !== name) await share(repositories, { blob, from: source, store }, name)
    return true
  }
  return false
}

async function share(
  repositories: Repositories,
  { blob, from, store }: { blob: Descriptor; from: string; store: Store },
  to: string,
): Promise<void> {
  if (await repositories.share?.(blob, from, to)) return
  const target = await repositories.create(to)
  await target.push(blob, offset => store.fetch(blob, { offset }))
}

/** Takes in what arrives from now on: a request that breaks off drops what nobody has read by then. */
function hold(req: IncomingMessage): Readable {
  const held = new PassThrough()
  req.pipe(held)
  req.once('close', () => held.end())
  return held
}

/** Checks `Content-Range: <start>-<end>` where there is one; out of order is 416 (distribution-spec "Pushing a blob in chunks"). */
async function receive(
  session: Session,
  req: IncomingMessage,
  { body, signal }: { body: Readable; signal: AbortSignal },
): Promise<void> {
  const start = session.size
  const range = parseContentRange(req.headers['content-range'])
  if (range === null || (range && range.start !== start)) {
    throw new Refusal(416, 'RANGE_INVALID', `this upload goes on at byte ${start}`, {
      headers: sessionHeaders(session),
    })
  }
  const announced = req.headers['content-length']
  if (range && announced !== undefined && Number(announced) !== range.length) throw wrongLength()
  await append(session, body, signal).catch(error => {
    throw signal.aborted ? takenOver() : error
  })
  // What arrived is kept: the client asks how much that was, and goes on.
  if (!req.complete) throw new Refusal(400, 'BLOB_UPLOAD_INVALID', 'the body broke off')
  if (range && session.size - start !== range.length) {
    await cutBack(session, start)
    throw wrongLength()
  }
}

function takenOver(): Refusal {
  const headers = { Connection: 'close' }
  return new Refusal(409, 'BLOB_UPLOAD_INVALID', 'another request has taken this upload over', { headers })
}

function wrongLength(): Refusal {
  return new Refusal(400, 'SIZE_INVALID', 'the chunk is not as long as its Content-Range says')
}

/** `null`: malformed. The specification has no unit and no total here; both are tolerated as HTTP would write them. */
function parseContentRange(text: string | undefined): { start: number; length: number } | null | undefined {
  if (text === undefined) return undefined
  const match = /^(?:bytes[ =])?(\d{1,15})-(\d{1,15})(?:\/(?:\d{1,15}|\*))?$/.exec(text)
  const [start, end] = [Number(match?.[1]), Number(match?.[2])]
  return match && end >= start ? { start, length: end - start + 1 } : null
}

/** The store counts and hashes before it keeps (T11). */
async function commit(store: Store, { path, size }: Session, digest: Digest): Promise<void> {
  await store.push({ mediaType: mediaTypes.octets, digest, size }, async start => createReadStream(path, { start }))
}

function sessionHeaders({ repository, id, size }: Session): Headers {
  return {
    Location: `/v2/${repository}/blobs/uploads/${id}`,
    // The last byte that is here. `0-0` says "nothing yet" too: there is no other way to write it (item 33).
    Range: `0-${Math.max(size - 1, 0)}`,
    'Docker-Upload-UUID': id,
  }
}

function blobHeaders(name: string, digest: Digest): Headers {
  return { Location: `/v2/${name}/blobs/${digest}`, 'Docker-Content-Digest': digest }
}
