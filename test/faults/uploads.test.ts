import { describe } from 'vitest'
import type { Rule } from '../helpers/fault-proxy.ts'
import type { Fault } from '../helpers/faults.ts'
import * as faults from '../helpers/faults.ts'
import { always, describeRows, once, type Row } from './rows.ts'
import { inEachWorld } from './worlds.ts'

const { answer, cutRequest, loseAnswer, stallRequest } = faults
/** The layer breaks off once in its middle; the next rule is for what comes then. */
const then = (...rules: Rule[][]): Rule[] => [...once('PUT upload', cutRequest(600_000)), ...rules.flat()]

/**
 * Our own server keeps what arrived and says how much that was. Debian's docker-registry cancels the upload when it is asked after a cut
 * (the offset in its signed `_state` is the old one), so that there a blob starts again.
 */
function blobs(keeps: boolean): Row[] {
  const again = (part: number) => (keeps ? 1.1 : 1.1 + part)
  return [
    { what: 'POST closed before an answer', rules: once('POST uploads', faults.hangUp) },
    { what: 'POST done, its answer lost', rules: once('POST uploads', loseAnswer) },
    { what: 'POST closed before every answer', rules: always('POST uploads', faults.hangUp), ends: 'UNREACHABLE' },
    { what: 'POST says nothing of where', rules: always('POST uploads', noLocation), ends: 'FAILED' },
    ...refusals('POST uploads', 1.1),
    { what: 'POST 401', rules: always('POST uploads', answer(401)), ends: 'UNAUTHORIZED' },
    { what: 'POST 403', rules: always('POST uploads', answer(403, { code: 'DENIED' })), ends: 'DENIED' },
    ...(['absolute', 'path', 'relative', 'query'] as const).flatMap((form): Row[] => [
      { what: `Location: ${form}`, rules: both(faults.writeLocation(form)) },
      {
        what: `Location: ${form}, and cut in the middle`,
        rules: then(both(faults.writeLocation(form))),
        moves: again(0.6),
      },
    ]),
    { what: 'PUT closed before an answer', rules: once('PUT upload', faults.hangUp) },
    { what: 'PUT closed before every answer', rules: always('PUT upload', faults.hangUp), ends: 'UNREACHABLE' },
    { what: 'PUT cut before its first byte', rules: once('PUT upload', cutRequest(0)) },
    { what: 'PUT cut in the middle', rules: then(), moves: again(0.6) },
    { what: 'PUT cut one byte before its end', rules: once('PUT upload', cutRequest(999_999)), moves: again(1) },
    { what: 'PUT done, its answer lost', rules: once('PUT upload', loseAnswer) },
    { what: 'PUT cut at once, always', rules: always('PUT upload', cutRequest(0)), ends: 'UNREACHABLE' },
    keeps
      ? { what: 'cut after each 200,000 bytes', rules: everyBody(cutRequest(200_000)) }
      : { what: 'cut after each 200,000 bytes', rules: everyBody(cutRequest(200_000)), ends: 'UNREACHABLE' },
    {
      what: 'cut in the middle always, and PATCH answered with 500 always',
      rules: [...always('PUT upload', cutRequest(600_000)), ...always('PATCH upload', answer(500))],
      ends: 'UNREACHABLE',
      moves: 4.3,
    },
    { what: 'PUT pauses in the middle', rules: once('PUT upload', stallRequest(500_000, 200)) },
    { what: 'PUT slow', rules: always('PUT upload', faults.slowRequest(1_500_000)) },
    { what: 'PUT answered late', rules: once('PUT upload', { late: 800 }) },
    { what: 'PUT answered with 200', rules: always('PUT upload', faults.restate(200)) },
    { what: 'PUT answered with 204', rules: always('PUT upload', faults.restate(204)) },
    { what: 'PUT answered with 202, and kept', rules: always('PUT upload', faults.restate(202)) },
    {
      what: 'PUT answered with 202, and not kept',
      rules: always('PUT upload', answer(202)),
      ends: 'NOT_FOUND',
      moves: 3.3,
    },
    ...refusals('PUT upload', 2.1),
    { what: 'PUT 401', rules: always('PUT upload', answer(401)), ends: 'UNAUTHORIZED', moves: 2.1 },
    { what: 'PUT 403', rules: always('PUT upload', answer(403)), ends: 'DENIED' },
    {
      what: 'PUT with a wrong byte, always',
      rules: always('PUT upload', faults.corruptRequest(5000)),
      ends: 'CONTENT_MISMATCH',
    },
    { what: 'PUT finds its session lost', rules: once('PUT upload', faults.loseSession), moves: 2.1 },
    {
      what: 'PUT cut, and its session lost',
      rules: once('PUT upload', { ...cutRequest(600_000), ...faults.loseSession }),
      moves: 1.7,
    },
    { what: 'PUT 416 once', rules: once('PUT upload', answer(416)), moves: 2.1 },
    { what: 'PUT 416 always', rules: always('PUT upload', answer(416)), ends: 'FAILED', moves: 3.3 },
    ...[400, 404, 405, 500, 503].map(status => ({
      what: `cut, and asked where it stands: ${status}`,
      rules: then(always('GET upload', answer(status))),
      moves: 1.7,
    })),
    {
      what: 'cut, and asked where it stands: nothing',
      rules: then(always('GET upload', faults.setHeaders({ range: '0-0' }))),
      moves: 1.7,
    },
    {
      what: 'cut, and asked where it stands: nonsense',
      rules: then(always('GET upload', faults.setHeaders({ range: 'bytes 5' }))),
      moves: 1.7,
    },
    {
      what: 'cut, and asked where it stands: more than there is',
      rules: then(always('GET upload', faults.setHeaders({ range: '0-99999999' }))),
      moves: 1.7,
    },
    {
      what: 'cut, and asked where it stands: more than it has',
      rules: then(always('GET upload', faults.setHeaders({ range: '0-699999' }))),
      moves: 2.9,
    },
    {
      what: 'cut, and asked where it stands: less than it has',
      rules: then(always('GET upload', faults.setHeaders({ range: '0-499999' }))),
      moves: 2.9,
    },
    { what: 'cut, and GET is cut too', rules: then(once('GET upload', faults.hangUp)), moves: again(0.6) },
    ...[404, 405, 416, 500, 503].map(status => ({
      what: `cut, and PATCH answered with ${status}`,
      rules: then(always('PATCH upload', answer(status))),
      moves: 2.9,
    })),
    { what: 'cut, and PATCH closed', rules: then(once('PATCH upload', faults.hangUp)), moves: again(0.6) },
    { what: 'cut, and PATCH cut', rules: then(once('PATCH upload', cutRequest(200_000))), moves: again(0.6) },
    { what: 'cut, and PATCH done, its answer lost', rules: then(once('PATCH upload', loseAnswer)), moves: again(0.6) },
    {
      what: 'cut, and PATCH says nothing of how far',
      rules: then(always('PATCH upload', faults.setHeaders({ range: undefined }))),
      moves: again(0.6),
    },
    {
      what: 'cut, and PATCH says less than it has (ECR)',
      rules: then(always('PATCH upload', faults.setHeaders({ range: '0-599999' }))),
      moves: 2.1,
    },
    {
      what: 'cut, and the closing PUT is lost',
      rules: then(once('PUT upload', loseAnswer)),
      moves: again(0.6),
    },
    { what: 'cut, and the closing PUT is refused with 503', rules: then(once('PUT upload', answer(503))), moves: 2.7 },
  ]
}

const manifests: Row[] = [
  { what: 'HEAD closed before an answer', rules: once('HEAD manifest', faults.hangUp) },
  { what: 'HEAD 503 for ever', rules: always('HEAD manifest', answer(503)), ends: 'SERVER_FAILED' },
  { what: 'HEAD 405', rules: always('HEAD manifest', answer(405)) },
  { what: 'PUT closed before an answer', rules: once('PUT manifest', faults.hangUp) },
  { what: 'PUT closed before every answer', rules: always('PUT manifest', faults.hangUp), ends: 'UNREACHABLE' },
  { what: 'PUT cut before its first byte', rules: once('PUT manifest', cutRequest(0)) },
  { what: 'PUT cut in the middle', rules: once('PUT manifest', cutRequest(100)) },
  { what: 'PUT cut, always', rules: always('PUT manifest', cutRequest(100)), ends: 'UNREACHABLE' },
  { what: 'PUT done, its answer lost', rules: once('PUT manifest', loseAnswer) },
  { what: 'PUT slow', rules: always('PUT manifest', faults.slowRequest(2000)) },
  { what: 'PUT answered late', rules: once('PUT manifest', { late: 800 }) },
  { what: 'PUT answered with 202', rules: always('PUT manifest', faults.restate(202)) },
  { what: 'PUT answered with 204', rules: always('PUT manifest', faults.restate(204)) },
  {
    what: 'PUT with a wrong byte',
    rules: always('PUT manifest', faults.corruptRequest(0)),
    ends: 'CONTENT_INVALID',
  },
  ...refusals('PUT manifest', 1.1),
  { what: 'PUT 401', rules: always('PUT manifest', answer(401)), ends: 'UNAUTHORIZED' },
  { what: 'PUT 403', rules: always('PUT manifest', answer(403)), ends: 'DENIED' },
  { what: 'PUT 413', rules: always('PUT manifest', answer(413)), ends: 'FAILED' },
  {
    what: 'PUT refused as invalid',
    rules: always('PUT manifest', answer(400, { code: 'MANIFEST_INVALID' })),
    ends: 'CONTENT_INVALID',
  },
]

const noLocation = faults.setHeaders({ location: undefined })

/** On all answers that name where an upload goes on. */
function both(fault: Fault): Rule[] {
  return [...always('POST uploads', fault), ...always('GET upload', fault), ...always('PATCH upload', fault)]
}

/** On every body of the layer, in one piece or in several. */
function everyBody(fault: Fault): Rule[] {
  return [...always('PUT upload', fault), ...always('PATCH upload', fault)]
}

/** Refusals in passing, which are waited out, and the same for ever; a body may be on its way when they come. */
function refusals(on: 'POST uploads' | 'PUT upload' | 'PUT manifest', moves: number): Row[] {
  const method = on.split(' ')[0]
  const row = (what: string, rules: Rule[]): Row => ({ what: `${method} ${what}`, rules, moves })
  return [
    row('429 with seconds', once(on, answer(429, { retryAfter: 1 }))),
    row('429 with a date', once(on, answer(429, { retryAfter: new Date(Date.now() + 1500) }))),
    row('429 with nothing', once(on, answer(429))),
    { ...row('429 for ever', always(on, answer(429, { retryAfter: 0 }))), ends: 'RATE_LIMITED', moves: 40 },
    ...[408, 500, 502, 503, 504, 520, 522].map(status => row(`${status} once`, once(on, answer(status)))),
    row('503 with seconds', once(on, answer(503, { retryAfter: 1 }))),
    { ...row('503 for ever', always(on, answer(503))), ends: 'SERVER_FAILED', moves: 3 * moves },
  ]
}

describe('uploads under faults', () => {
  inEachWorld((world, name) => {
    describe('blobs', () => describeRows('destination', blobs(name === 'own'), world))
    describe('manifests', () => describeRows('destination', manifests, world))
  })
})
