import { type Address, createListener } from '../server/listen.ts'
import { createReceiver, type ReceiverOptions } from './receiver.ts'
import type { Tally } from './tally.ts'

/** Where notices are received, from whom, and what is done with them. */
export interface WebhookListenerOptions extends ReceiverOptions {
  host?: string | undefined
  /** 0 takes a free one. */
  port?: number | undefined
  /** Seconds a connection may be silent; default 10. */
  idleSeconds?: number | undefined
  /** Seconds a whole request may take to arrive; default 30. */
  requestSeconds?: number | undefined
}

/** A listener, and the address where it is. */
export interface WebhookListener extends Address {
  /** Accepts nothing more, and resolves when all that was accepted is done. */
  close(): Promise<Readonly<Tally>>
}

/** T12: who opens connections and says nothing costs sockets, and not all of them for ever. */
const mostConnections = 512

/** Listens for push notices. @throws RegctlError FAILED when the port is taken or not ours to take */
export async function listenForWebhooks(options: WebhookListenerOptions): Promise<WebhookListener> {
  const { host, port, idleSeconds = 10, requestSeconds = 30 } = options
  const receiver = createReceiver(options)
  const listener = createListener(receiver.handler, {
    idleSeconds,
    requestSeconds,
    maxConnections: mostConnections,
    graceSeconds: 2,
  })
  const address = await listener.listen({ ...(host !== undefined && { host }), ...(port !== undefined && { port }) })
  return {
    ...address,
    async close() {
      await Promise.all([receiver.finish(), listener.close()])
      // A request may have been answered after the first look.
      await receiver.finish()
      return receiver.tally
    },
  }
}
