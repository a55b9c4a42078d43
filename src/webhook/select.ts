import { RegctlError } from '../model/errors.ts'
import { glob } from '../model/glob.ts'
import { nearest } from '../model/nearest.ts'
import { type EventWord, eventWords, type WebhookEvent } from './event.ts'

export interface EventSelection {
  /** All when absent. */
  events?: readonly EventWord[] | undefined
  /** Patterns such as `team/**`; one that matches is enough. */
  repositories?: readonly string[] | undefined
}

/** A test for events; one that names no repository meets no pattern. @throws RegctlError USAGE for a pattern that is none */
export function selectEvents({ events, repositories }: EventSelection): (event: WebhookEvent) => boolean {
  const words = events && new Set(events)
  const patterns = repositories?.map(pattern => glob(pattern, 'repositories'))
  return ({ event, repository }) =>
    (words?.has(event) ?? true) &&
    (patterns === undefined || (repository !== null && patterns.some(matches => matches(repository))))
}

/** Reads `push,delete`. @throws RegctlError USAGE */
export function parseEventWords(text: string): EventWord[] {
  return text.split(',').map(part => {
    const word = part.trim().toLowerCase()
    const known = eventWords.find(known => known === word)
    if (known) return known
    const [meant] = nearest(word, eventWords)
    throw new RegctlError('USAGE', `${JSON.stringify(part.slice(0, 100))} is no event`, {
      hint: `${meant ? `did you mean ${meant}? ` : ''}there are ${eventWords.join(', ')}`,
    })
  })
}
