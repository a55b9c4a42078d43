import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { hashFile, spool } from '../../src/files/spool.ts'

// Other tests keep things in the folder of all.
beforeEach(() => void vi.stubEnv('TMPDIR', mkdtempSync(join(tmpdir(), 'regctl-own-'))))
afterEach(() => void vi.unstubAllEnvs())

const bytes = Buffer.from('0123456789'.repeat(50_000))
const chunks = () => Readable.from([bytes.subarray(0, 100_001), bytes.subarray(100_001)])
const hash = (algorithm: string) => createHash(algorithm).update(bytes).digest('hex')

it.each(['sha256', 'sha512'])(
  'counts and hashes a stream by %s into a file that only this account can read',
  async algorithm => {
    let path = ''
    const size = await spool(chunks(), { algorithm }, async spooled => {
      path = spooled.path
      expect(spooled).toEqual({ path, size: bytes.length, hash: hash(algorithm) })
      expect(readFileSync(path).equals(bytes)).toBe(true)
      expect([statSync(path).mode & 0o777, statSync(dirname(path)).mode & 0o777]).toEqual([0o600, 0o700])
      return spooled.size
    })
    expect(size).toBe(bytes.length)
    expect(() => statSync(dirname(path))).toThrow('ENOENT')
  },
)

it.each<[string, (stream: Readable) => Promise<unknown>]>([
  ['the use of it fails', stream => spool(stream, { algorithm: 'sha256' }, () => Promise.reject(new Error('no')))],
  ['it broke before', () => spool(new PassThrough().destroy(new Error('no')), { algorithm: 'sha256' }, use)],
  ['the stream breaks', () => spool(broken(), { algorithm: 'sha256' }, use)],
  ['it is aborted', () => spool(new PassThrough(), { algorithm: 'sha256', signal: AbortSignal.timeout(20) }, use)],
  ['it was aborted before', () => spool(new PassThrough(), { algorithm: 'sha256', signal: AbortSignal.abort() }, use)],
])('nothing is left when %s', async (_what, work) => {
  await expect(work(chunks())).rejects.toThrow()
  expect(readdirSync(tmpdir())).toEqual([])
})

it('counts and hashes a file where it is', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'hash-file-')), 'content')
  writeFileSync(path, bytes)
  expect(await hashFile(path, { algorithm: 'sha256' })).toEqual({ path, size: bytes.length, hash: hash('sha256') })
  await expect(hashFile(`${path}.none`, { algorithm: 'sha256' })).rejects.toMatchObject({ code: 'ENOENT' })
})

async function use(): Promise<void> {}

function broken(): Readable {
  return Readable.from(
    (function* () {
      yield bytes
      throw new Error('broken')
    })(),
  )
}
