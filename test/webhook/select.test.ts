import { describe, expect, it } from 'vitest'
import { normalize } from '../../src/webhook/normalize.ts'
import { type EventSelection, parseEventWords, selectEvents } from '../../src/webhook/select.ts'
import { payloads } from './payloads.ts'

const [push] = normalize(payloads.harborPush).events
const [quota] = normalize('{"type":"QUOTA_EXCEED","event_data":{}}').events

describe('which events pass', () => {
  it.each<[EventSelection, boolean, boolean]>([
    [{}, true, true],
    [{ events: ['push', 'delete'] }, true, false],
    [{ events: ['pull'] }, false, false],
    [{ repositories: ['test-webhook/*'] }, true, false],
    [{ repositories: ['other/*', '**'] }, true, false],
    [{ repositories: ['*'] }, false, false],
    [{ events: ['quota'], repositories: ['**'] }, false, false],
  ])('%j: a push of a repository %s, a quota %s', (selection, passesPush, passesQuota) => {
    const isWanted = selectEvents(selection)
    expect([push && isWanted(push), quota && isWanted(quota)]).toEqual([passesPush, passesQuota])
  })

  it('reads words', () => {
    expect(parseEventWords('Push, delete')).toEqual(['push', 'delete'])
    expect(() => parseEventWords('push,pul')).toThrow('"pul" is no event')
    expect(() => parseEventWords('')).toThrow('"" is no event')
  })
})
