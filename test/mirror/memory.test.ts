import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { mirrorMemory } from '../../src/mirror/memory.ts'
import { MismatchError, RegctlError } from '../../src/model/errors.ts'

const minute = 60_000
const down = new RegctlError('UNREACHABLE', 'm.example refused the connection')
const folder = () => mkdtempSync(join(tmpdir(), 'regctl-memory-'))

it.each([
  ['away', down, 4 * minute, true],
  ['away, long ago', down, 6 * minute, false],
  ['lying', new MismatchError('wrong'), 59 * minute, true],
  ['lying, long ago', new MismatchError('wrong'), 61 * minute, false],
  ['before the clock was set back', down, -120 * minute, false],
])('who was %s', async (_, error, later, isLeftOut) => {
  const state = folder()
  const start = Date.parse('2026-01-02T03:04:05Z')
  const first = mirrorMemory(state, () => start)
  expect(await first.leftOut('m')).toBeUndefined()
  first.fail('m', error)
  expect(await first.leftOut('m')).toBe(error.message)
  await first.remember()
  const next = mirrorMemory(state, () => start + later)
  expect((await next.leftOut('m')) !== undefined).toBe(isLeftOut)
  expect(await next.leftOut('other')).toBeUndefined()
})

it('says since when, keeps what others left, and is for its owner alone', async () => {
  const state = folder()
  const [a, b] = [mirrorMemory(state, () => 0), mirrorMemory(state, () => 0)]
  a.fail('a', down)
  await a.remember()
  b.fail('b', down)
  await b.remember()
  const path = join(state, 'mirrors.json')
  expect(Object.keys(JSON.parse(readFileSync(path, 'utf8')))).toEqual(['a', 'b'])
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(await mirrorMemory(state, () => 0).leftOut('a')).toBe(
    'm.example refused the connection, in an earlier run; it is asked again after 1970-01-01T00:05:00.000Z',
  )
})

it.each(['', '[]', '{"m": 7}', '{"m": {"until": "tomorrow", "reason": "x"}}', 'null'])(
  '%j is forgotten',
  async text => {
    const state = folder()
    writeFileSync(join(state, 'mirrors.json'), text)
    expect(await mirrorMemory(state).leftOut('m')).toBeUndefined()
  },
)
