import { isObject } from '../model/descriptor.ts'
import { InvalidContentError } from '../model/errors.ts'
import { isManifestType } from '../model/media-types.ts'
import type { Draft, EventWord } from './event.ts'
import { digestIn, type Fields, fieldsOf, registryIn, repositoryIn, tagIn, textIn, timeOfText } from './fields.ts'

/** Notifications of docker's own registry: an envelope of events that have nothing to do with each other (3.2). `target.url` is never fetched (T24). */
export function readDistribution({ events }: Fields): Draft[] | undefined {
  if (!Array.isArray(events)) return undefined
  return events.map(event => {
    if (!isObject(event) || !isObject(event.target)) {
      throw new InvalidContentError('the notice has an event without a target')
    }
    return draft(event, event.target)
  })
}

const words: ReadonlySet<unknown> = new Set<EventWord>(['push', 'pull', 'mount', 'delete'])

function draft(event: Fields, target: Fields): Draft {
  const word = words.has(event.action) ? (event.action as EventWord) : 'other'
  const tag = tagIn(target.tag)
  return {
    id: textIn(event.id),
    event: word,
    registry: registryIn(fieldsOf(event.request).host) ?? registryIn(fieldsOf(event.source).addr),
    repository: repositoryIn(target.repository),
    tag,
    digest: digestIn(target.digest),
    actor: textIn(fieldsOf(event.actor).name),
    time: timeOfText(event.timestamp),
    blob: isBlob(word, target.mediaType, tag),
  }
}

/** Deletions do not say what they deleted, and stay. */
function isBlob(word: EventWord, mediaType: unknown, tag: string | null): boolean {
  if (word === 'mount') return true
  return tag === null && typeof mediaType === 'string' && mediaType !== '' && !isManifestType(mediaType)
}
