import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { isStdin, readInput } from '../../src/cli/input.ts'

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
