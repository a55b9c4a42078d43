import { describe } from 'vitest'
import type { Rule } from '../helpers/fault-proxy.ts'
import type { Fault } from '../helpers/faults.ts'
import * as faults from '../helpers/faults.ts'
import { always, describeRows, once, type Row, times } from './rows.ts'
import { inEachWorld } from './worlds.ts'

const { answer, cutResponse, stallResponse } = faults
const soon = () => new Date(Date.now() + 1500)
/** The layer breaks once in its middle; the next rule is for what comes then. */
const thenOnce = (fault: Fault): Rule[] => [...once('GET blob', cutResponse(600_000)), ...once('GET blob', fault)]
const thenAlways = (fault: Fault): Rule[] => [...once('GET blob', cutResponse(600_000)), ...always('GET blob', fault)]

/** From the first byte on, whatever was asked for, and called what was asked for. */
const lieAboutRange: Fault = {
  ...faults.ignoreRange,
  rewrite: ({ headers: { 'content-length': _, ...headers } }) => ({
    status: 206,
    headers: { ...headers, 'content-range': 'bytes 600000-1000999/1001000' },
  }),
}

const blobs: Row[] = [
  { what: 'closed before an answer', rules: once('GET blob', faults.hangUp) },
  { what: 'closed before an answer, twice', rules: times(2, 'GET blob', faults.hangUp) },
  { what: 'closed before every answer', rules: always('GET blob', faults.hangUp), ends: 'UNREACHABLE' },
  { what: 'the answer is lost', rules: once('GET blob', faults.loseAnswer), moves: 1.1 },
  { what: 'cut before its first byte', rules: once('GET blob', cutResponse(0)) },
  { what: 'cut at once, always', rules: always('GET blob', cutResponse(0)), ends: 'UNREACHABLE' },
  { what: 'cut in the middle', rules: once('GET blob', cutResponse(600_000)) },
  { what: 'cut three times, further each time', rules: times(3, 'GET blob', cutResponse(300_000)) },
  { what: 'cut after each 100,000 bytes', rules: always('GET blob', cutResponse(100_000)) },
  { what: 'cut one byte before its end', rules: once('GET blob', cutResponse(1_000_000)) },
  { what: 'slow', rules: always('GET blob', faults.slowResponse(1_500_000)) },
  { what: 'held back before the head', rules: once('GET blob', { late: 700 }) },
  { what: 'a pause in the middle', rules: once('GET blob', stallResponse(500_000, 200)) },
  { what: 'a stall in the middle', rules: once('GET blob', stallResponse(500_000)) },
  { what: 'a stall before the first byte', rules: once('GET blob', stallResponse(0)) },
  { what: 'a stall, three times', rules: times(3, 'GET blob', stallResponse(300_000)) },
  { what: 'a stall at once, always', rules: always('GET blob', stallResponse(0)), ends: 'STALLED' },
  { what: 'one wrong byte, always', rules: always('GET blob', faults.corruptResponse(5000)), ends: 'CONTENT_MISMATCH' },
  {
    what: 'one wrong byte after it was resumed',
    rules: thenAlways(faults.corruptResponse(1000)),
    ends: 'CONTENT_MISMATCH',
  },
  // An answer without a length is left to the ordinary client, which asks once more.
  { what: 'no Content-Length', rules: always('GET blob', faults.dropLength), moves: 2.1 },
  {
    what: 'no Content-Length, and cut',
    rules: once('GET blob', { ...faults.dropLength, ...cutResponse(600_000) }),
    moves: 2.1,
  },
  { what: 'an end that only the connection tells', rules: always('GET blob', faults.endless), moves: 2.1 },
  {
    what: 'such an end too early',
    rules: once('GET blob', { ...faults.endless, ...cutResponse(600_000) }),
    moves: 2.1,
  },
  { what: 'resumed where Range is ignored', rules: thenAlways(faults.ignoreRange), moves: 1.7 },
  {
    what: 'resumed, and another range comes',
    rules: thenOnce(faults.setHeaders({ 'content-range': 'bytes 5-9/10' })),
    moves: 2.1,
  },
  {
    what: 'resumed, and the range is called right and is not',
    rules: thenAlways(lieAboutRange),
    ends: 'CONTENT_MISMATCH',
    moves: 3.1,
  },
  { what: 'resumed, and 416 for no reason', rules: thenOnce(answer(416)), moves: 1.7 },
  { what: 'resumed under an ETag that changes', rules: thenAlways(faults.changeEtag) },
  {
    what: 'redirected to another address each time, and cut each time',
    rules: [
      { on: 'GET blob', path: /^[^?]*$/, fault: faults.redirect },
      { on: 'GET blob', times: 3, fault: cutResponse(300_000) },
    ],
  },
  { what: 'resumed after a 503', rules: thenOnce(answer(503)) },
  { what: 'resumed after a 429', rules: thenOnce(answer(429, { retryAfter: 1 })) },
  { what: 'resumed after a closed connection', rules: thenOnce(faults.hangUp) },
  ...refusals('GET blob'),
  { what: '404, the blob is gone', rules: always('GET blob', answer(404)), ends: 'NOT_FOUND' },
  { what: '403', rules: always('GET blob', answer(403)), ends: 'DENIED' },
  { what: '401 without a challenge', rules: always('GET blob', answer(401)), ends: 'UNAUTHORIZED' },
]

const manifests: Row[] = [
  ...(['HEAD manifest', 'GET manifest'] as const).flatMap((on): Row[] => [
    { what: `${on} closed before an answer`, rules: once(on, faults.hangUp) },
    { what: `${on} closed before every answer`, rules: always(on, faults.hangUp), ends: 'UNREACHABLE' },
    ...refusals(on).map(row => ({ ...row, what: `${on} ${row.what}` })),
    { what: `${on} 404`, rules: always(on, answer(404)), ends: 'NOT_FOUND' },
    { what: `${on} held back`, rules: once(on, { late: 500 }) },
  ]),
  { what: 'HEAD manifest refused with 405', rules: always('HEAD manifest', answer(405)) },
  { what: 'HEAD manifest refused with 403', rules: always('HEAD manifest', answer(403)) },
  {
    what: 'HEAD manifest says no digest',
    rules: always('HEAD manifest', faults.setHeaders({ 'docker-content-digest': undefined })),
  },
  { what: 'HEAD manifest says no length', rules: always('HEAD manifest', faults.dropLength) },
  { what: 'GET manifest cut at once', rules: once('GET manifest', cutResponse(0)) },
  { what: 'GET manifest cut in the middle', rules: once('GET manifest', cutResponse(100)) },
  { what: 'GET manifest stalls in the middle', rules: once('GET manifest', stallResponse(100)) },
  { what: 'GET manifest cut, always', rules: always('GET manifest', cutResponse(100)), ends: 'UNREACHABLE' },
  {
    what: 'GET manifest with a wrong byte',
    rules: always('GET manifest', faults.corruptResponse(50)),
    ends: 'CONTENT_MISMATCH',
  },
  { what: 'GET manifest without a length', rules: always('GET manifest', faults.dropLength) },
  { what: 'GET manifest to the end of the connection', rules: always('GET manifest', faults.endless) },
  {
    what: 'GET manifest to an end that comes too early',
    rules: always('GET manifest', { ...faults.endless, ...cutResponse(100) }),
    ends: 'CONTENT_MISMATCH',
  },
  { what: 'GET manifest slow', rules: always('GET manifest', faults.slowResponse(2000)) },
]

/** Refusals in passing, which are waited out, and the same for ever. */
function refusals(on: 'GET blob' | 'GET manifest' | 'HEAD manifest'): Row[] {
  return [
    { what: '429 with seconds', rules: once(on, answer(429, { retryAfter: 1 })) },
    { what: '429 with a date', rules: once(on, answer(429, { retryAfter: soon() })) },
    { what: '429 with nothing', rules: once(on, answer(429)) },
    { what: '429 for ever', rules: always(on, answer(429, { retryAfter: 0 })), ends: 'RATE_LIMITED' },
    ...[408, 425, 500, 502, 503, 504, 520, 522].map(status => ({
      what: `${status} once`,
      rules: once(on, answer(status)),
    })),
    { what: '503 with seconds', rules: once(on, answer(503, { retryAfter: 1 })) },
    { what: '503 for ever', rules: always(on, answer(503)), ends: 'SERVER_FAILED' },
  ]
}

describe('downloads under faults', () => {
  inEachWorld(world => {
    describe('blobs', () => describeRows('source', blobs, world))
    describe('manifests', () => describeRows('source', manifests, world))
  })
})
