/** What happened, in one small set of words for all products. */
export const eventWords = [
  'push',
  'pull',
  'delete',
  'mount',
  'update',
  'scan',
  'quota',
  'replication',
  'retention',
  'other',
] as const

/** What happened, in one word for all products. */
export type EventWord = (typeof eventWords)[number]

/** Who sends notices that are understood. */
export type Product = 'docker-hub' | 'harbor' | 'nexus' | 'distribution'

/** A push notice in its one normal form; what a product does not tell is `null`. */
export interface WebhookEvent {
  event: EventWord
  /** `host[:port]`, where the payload names it. */
  registry: string | null
  /** A name by the grammar of repositories; of Nexus with its own repository in front: `docker-hosted/team/app`. */
  repository: string | null
  tag: string | null
  digest: string | null
  actor: string | null
  /** RFC 3339 in UTC. */
  time: string | null
  product: Product
  /** The sender's own, else made from the payload: the same payload has the same one. */
  id: string
}

/** What a product's reader makes of a payload; ids that a product lacks are made for all of them in one place. */
export interface Draft extends Omit<WebhookEvent, 'product' | 'id'> {
  id?: string | null
  /** About a layer or a config, and no image: what a pull of one image makes many of. */
  blob?: boolean
}
