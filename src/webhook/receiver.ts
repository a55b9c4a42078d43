import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { WebhookEvent } from './event.ts'
import { createLanes } from './lanes.ts'
import { type Expected, Refused, readRequest } from './request.ts'
import { createSeen } from './seen.ts'
import { emptyTally, type Reason, type Tally } from './tally.ts'

/** Who may send notices, which are wanted, and who gets them. */
export interface ReceiverOptions extends Expected {
  /** Which events are passed on; all when absent. */
  isWanted?: ((event: WebhookEvent) => boolean) | undefined
  /** One at a time and in order for a repository. A rejection is counted and told to `onFailure`. */
  deliver: (event: WebhookEvent) => Promise<void>
  onFailure?: ((error: unknown, event: WebhookEvent) => void) | undefined
  /** The first refusal for each reason, as a sentence. */
  onRefusal?: ((reason: Reason, message: string) => void) | undefined
  /** Repositories served at once. */
  concurrency: number
  /** Events waiting; a sender that would go beyond is told to come again. */
  capacity: number
}

export interface Receiver {
  handler: RequestListener
  /** Sends new requests away; resolves when all that came is answered, and all that was accepted is done. */
  finish(): Promise<void>
  tally: Readonly<Tally>
}

/** Ids that are remembered: a few megabytes. */
const mostIds = 65_536
const retrySeconds = 5

/** Answers requests with notices: what was answered with 202 will be passed on, once. */
export function createReceiver(options: ReceiverOptions): Receiver {
  const { isWanted = () => true, deliver, onFailure, onRefusal } = options
  const tally = emptyTally()
  const seen = createSeen(mostIds)
  const underWay = new Set<Promise<void>>()
  let closing = false
  const lanes = createLanes<WebhookEvent>({
    laneOf: ({ registry, repository }) => `${registry} ${repository}`,
    async work(event) {
      try {
        await deliver(event)
      } catch (error) {
        tally.failures++
        onFailure?.(error, event)
      }
    },
    concurrency: options.concurrency,
    capacity: options.capacity,
  })

  async function accept(req: IncomingMessage): Promise<{ accepted: number; duplicates: number }> {
    if (closing) throw ending()
    const { events, layers } = await readRequest(req, options)
    const fresh = new Map(events.filter(({ id }) => !seen.has(id)).map(event => [event.id, event]))
    const wanted = [...fresh.values()].filter(isWanted)
    // No id is remembered before its event is accepted: the sender will repeat it.
    if (closing) throw ending()
    if (!lanes.offer(wanted)) throw new Refused('full', 503, 'too many notices are waiting')
    for (const id of fresh.keys()) seen.add(id)
    const duplicates = events.length - fresh.size
    tally.events += events.length + layers
    tally.layers += layers
    tally.duplicates += duplicates
    tally.filtered += fresh.size - wanted.length
    tally.delivered += wanted.length
    return { accepted: wanted.length, duplicates }
  }

  const handler: RequestListener = (req, res) => {
    tally.requests++
    const work = accept(req).then(
      result => answer(res, 202, result),
      error => {
        const refused = error instanceof Refused ? error : new Refused('broken', 500, 'the request failed')
        if (tally.refused[refused.reason]++ === 0) onRefusal?.(refused.reason, refused.message)
        refuse(req, res, refused)
      },
    )
    underWay.add(work)
    work.finally(() => underWay.delete(work))
  }
  return {
    handler,
    tally,
    async finish() {
      closing = true
      await Promise.all(underWay)
      await lanes.drained()
    },
  }
}

const ending = () => new Refused('full', 503, 'this listener is ending')

function refuse(req: IncomingMessage, res: ServerResponse, { reason, status, message }: Refused): void {
  if (res.destroyed) return
  if (reason === 'full') res.setHeader('Retry-After', retrySeconds)
  if (reason === 'method') res.setHeader('Allow', 'POST')
  // Read away, as a connection that is reset can lose the answer; the time for a whole request bounds it.
  req.resume()
  answer(res, status, { error: message })
}

function answer(res: ServerResponse, status: number, document: object): void {
  if (res.destroyed) return
  const text = `${JSON.stringify(document)}\n`
  res.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }).end(text)
}
