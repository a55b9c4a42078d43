import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { isStdin, readInput, readText } from '../../src/cli/input.ts'
import { RegctlError } from '../../src/model/errors.ts'

const odd = Buffer.from([0xff, 0x00, 0x0d, 0x0a])
const file = join(mkdtempSync(join(tmpdir(), 'regctl-input-')), 'file')
writeFileSync(file, odd)
const piped = () => Readable.from([odd])

it.each<[string, string | undefined]>([
  ['stdin', undefined],
  ['stdin', '-'],
  ['a file', file],
])('reads %s byte for byte (%j)', async (_what, name) => {
  expect(await readInput(name, { cap: 4, stdin: piped() })).toEqual(odd)
  await expect(readInput(name, { cap: 3, stdin: piped() })).rejects.toMatchObject({ code: 'USAGE' })
})

it('does not wait for a terminal', async () => {
  const stdin = Object.assign(new PassThrough(), { isTTY: true })
  expect(() => isStdin(undefined, { stdin })).toThrow('nothing on stdin')
  await expect(readInput('-', { cap: 4, stdin })).rejects.toMatchObject({ code: 'USAGE' })
  expect(isStdin(file, { stdin })).toBe(false)
})

it('ends when it is aborted', async () => {
  const reason = new Error('stop')
  const controller = new AbortController()
  const read = readInput('-', { cap: 4, stdin: new PassThrough(), signal: controller.signal })
  controller.abort(reason)
  await expect(read).rejects.toBe(reason)
  const late = readInput('-', { cap: 4, stdin: new PassThrough(), signal: controller.signal })
  await expect(late).rejects.toBe(reason)
})

describe('readText', () => {
  it.each([
    [['pass', 'word\n'], 'password'],
    [['pass word\r\n'], 'pass word'],
    [['two\n', '\n'], 'two\n'],
    [[], ''],
    [['ä'], 'ä'],
  ])('%j is %j', async (chunks, text) =>
    expect(await readText('-', { cap: 100, stdin: Readable.from(chunks.map(chunk => Buffer.from(chunk))) })).toBe(text),
  )

  it('refuses more than the cap', async () => {
    const stdin = Readable.from([Buffer.alloc(60), Buffer.alloc(60)])
    await expect(readText('-', { cap: 100, stdin })).rejects.toMatchObject({
      code: 'USAGE',
      message: 'stdin is longer than the 100 bytes that are taken here',
    })
  })

  it('ends when the signal aborts', async () => {
    const reason = new RegctlError('INTERRUPTED', 'interrupted')
    const controller = new AbortController()
    const read = readText('-', { cap: 100, stdin: new PassThrough(), signal: controller.signal })
    controller.abort(reason)
    await expect(read).rejects.toBe(reason)
  })
})
