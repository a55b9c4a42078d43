import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, open, readdir, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { setTimeout } from 'node:timers/promises'
import { Refusal } from './respond.ts'

/** An upload that has begun: a file that grows. Its length is the offset, its time the last sign of life, so a restart loses nothing. */
export interface Session {
  readonly id: string
  readonly repository: string
  readonly path: string
  /** Bytes that have arrived. */
  size: number
}

export interface SessionOptions {
  /** Where the files live; a temporary folder, gone with `close`, when absent. */
  dir?: string | undefined
  /** At once; default 1000. */
  max?: number | undefined
  /** Seconds without a byte after which a session is gone; default a day. */
  idleSeconds?: number | undefined
}

export interface Sessions {
  /** @throws Refusal 429 when too many are open (T12). */
  start(repository: string): Promise<Session>
  /**
   * As it stands once a request that holds it has settled, or a second later: a client asks when its connection broke, which may be
   * news here. @throws Refusal 404 BLOB_UPLOAD_UNKNOWN
   */
  look(repository: string, id: string): Promise<Session>
  /**
   * Runs `work` with the session as it stands then, alone. A request that still holds it is stopped: its client has come back on
   * another connection, and waiting for a dead one would cost both.
   */
  alone<T>(repository: string, id: string, work: (session: Session, signal: AbortSignal) => Promise<T>): Promise<T>
  remove(session: Session): Promise<void>
  /** Removes the temporary folder, when it was ours. */
  close(): Promise<void>
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export function createSessions({ dir, max = 1000, idleSeconds = 86_400 }: SessionOptions = {}): Sessions {
  const holders = new Map<string, { stop: AbortController; settled: Promise<unknown> }>()
  let folder: Promise<string> | undefined
  const ready = () => {
    folder ??=
      dir === undefined ? mkdtemp(join(tmpdir(), 'regctl-uploads-')) : mkdir(dir, { recursive: true }).then(() => dir)
    return folder
  }
  const expired = (mtimeMs: number) => Date.now() - mtimeMs > idleSeconds * 1000

  async function sweep(): Promise<number> {
    const home = await ready()
    let open = 0
    for (const name of await readdir(home)) {
      const path = join(home, name)
      const found = await stat(path).catch(() => undefined)
      if (found && expired(found.mtimeMs)) await rm(path, { force: true })
      else if (found) open += 1
    }
    return open
  }

  async function find(repository: string, id: string): Promise<Session> {
    const path = uuid.test(id) ? join(await ready(), fileName(repository, id)) : undefined
    const found = path === undefined ? undefined : await stat(path).catch(() => undefined)
    if (path !== undefined && found && !expired(found.mtimeMs)) return { id, repository, path, size: found.size }
    throw new Refusal(404, 'BLOB_UPLOAD_UNKNOWN', 'this upload was finished, cancelled, has expired or never was')
  }

  return {
    async start(repository) {
      if ((await sweep()) >= max) {
        throw new Refusal(429, 'TOOMANYREQUESTS', 'too many uploads are open', { headers: { 'Retry-After': 60 } })
      }
      const id = randomUUID()
      const path = join(await ready(), fileName(repository, id))
      await (await open(path, 'wx', 0o600)).close()
      return { id, repository, path, size: 0 }
    },
    async look(repository, id) {
      const patience = new AbortController()
      const aSecond = setTimeout(1000, undefined, { signal: patience.signal }).catch(() => undefined)
      await Promise.race([holders.get(id)?.settled, aSecond])
      patience.abort()
      return find(repository, id)
    },
    async alone(repository, id, work) {
      const before = holders.get(id)
      before?.stop.abort()
      const stop = new AbortController()
      const run = async () => {
        await before?.settled
        return work(await find(repository, id), stop.signal)
      }
      const result = run()
      const holder = { stop, settled: result.catch(() => undefined) }
      holders.set(id, holder)
      try {
        return await result
      } finally {
        if (holders.get(id) === holder) holders.delete(id)
      }
    },
    remove: session => rm(session.path, { force: true }),
    async close() {
      if (dir === undefined && folder) await rm(await folder, { recursive: true, force: true })
    },
  }
}

/**
 * Appends what arrives, and keeps it whatever happens then: the session knows where the client has to go on.
 * @throws Error of the signal or of the file (disk full); `session.size` is right in every case.
 */
export async function append(session: Session, body: Readable, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const file = createWriteStream(session.path, { flags: 'r+', start: session.size })
  const kept = finished(file)
  body.pipe(file)
  try {
    await Promise.race([finished(body, { writable: false, signal }), kept])
  } finally {
    body.unpipe(file)
    file.end()
    await kept.finally(async () => {
      session.size = (await stat(session.path)).size
    })
  }
}

/** Takes back what came after `size`. */
export async function cutBack(session: Session, size: number): Promise<void> {
  await truncate(session.path, size)
  session.size = size
}

/** A session answers only in the repository it was opened in. */
function fileName(repository: string, id: string): string {
  return `${createHash('sha256').update(repository).digest('hex').slice(0, 16)}.${id}`
}
