import { createHash } from 'node:crypto'
import { isObject } from '../model/descriptor.ts'
import { InvalidContentError } from '../model/errors.ts'
import { parseJson } from '../model/json.ts'
import { readDistribution } from './distribution.ts'
import type { Draft, Product, WebhookEvent } from './event.ts'
import type { Fields } from './fields.ts'
import { readHarbor, readHarborCloudEvent } from './harbor.ts'
import { readHub } from './hub.ts'
import { readNexus } from './nexus.ts'

/** Which events of a payload count. */
export interface NormalizeOptions {
  /** Also events about single layers and configs, of which a pull makes many. */
  blobs?: boolean | undefined
}

/** The events of one payload. */
export interface Notices {
  events: WebhookEvent[]
  /** Events about layers and configs that were left out. */
  layers: number
}

/** Told apart by their fields, as senders set no header of their own that a proxy would keep. */
const readers: readonly (readonly [Product, (payload: Fields) => Draft[] | undefined])[] = [
  ['distribution', readDistribution],
  ['docker-hub', readHub],
  ['harbor', readHarborCloudEvent],
  ['harbor', readHarbor],
  ['nexus', readNexus],
]

/**
 * A payload of Docker Hub, Harbor, Nexus or distribution, or a JSON list of them, as events in their order. The caller has bounded its length.
 * @throws InvalidContentError for what is not JSON, is none of these, or names a repository, tag or digest that cannot be
 */
export function normalize(body: Uint8Array | string, options: NormalizeOptions = {}): Notices {
  return normalizeDocument(parseJson(body, 'the notice'), options)
}

/** As {@link normalize}, of JSON that was read already. */
export function normalizeDocument(document: unknown, { blobs = false }: NormalizeOptions = {}): Notices {
  const all = (Array.isArray(document) ? document : [document]).flatMap(read)
  const kept = all.filter(({ blob }) => blobs || !blob)
  return { events: kept.map(({ event }) => event), layers: all.length - kept.length }
}

function read(payload: unknown): { event: WebhookEvent; blob: boolean }[] {
  if (!isObject(payload)) throw new InvalidContentError('the notice is no JSON object')
  for (const [product, reader] of readers) {
    const drafts = reader(payload)
    if (!drafts) continue
    // Of the whole payload, and so once: a notice may hold a hundred thousand events (T12).
    let hash: string | undefined
    const madeId = (index: number) => {
      hash ??= hashOf(payload)
      return drafts.length > 1 ? `${hash}.${index + 1}` : hash
    }
    return drafts.map((draft, index) => finish(draft, product, () => madeId(index)))
  }
  throw new InvalidContentError('the notice is none of Docker Hub, Harbor, Nexus or distribution')
}

function finish({ id, blob = false, ...draft }: Draft, product: Product, made: () => string) {
  const { event, registry, repository, tag, digest, actor, time } = draft
  return { blob, event: { event, registry, repository, tag, digest, actor, time, product, id: id ?? made() } }
}

/** Senders that repeat a notice repeat its bytes. */
function hashOf(payload: Fields): string {
  return createHash('sha256').update(JSON.stringify(payload)).digest('hex').slice(0, 32)
}
