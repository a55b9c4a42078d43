import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { beforeEach, describe, expect, it } from 'vitest'
import { describeBlob, readBlob, saveBlob } from '../../src/image/blob.ts'
import { memoryStore } from '../../src/store/memory.ts'
import type { Store } from '../../src/store/store.ts'
import { openBytes, randomBlob } from '../helpers/images.ts'
import { overriding } from '../helpers/stores.ts'
import { expectCode } from '../store/contract.ts'

const { descriptor, bytes } = randomBlob(300_000)
const store = memoryStore()
await store.push(descriptor, openBytes(bytes))

const damaged = Buffer.from(bytes)
damaged.writeUInt8(damaged.readUInt8(150_000) ^ 1, 150_000)
const serving = (content: Buffer): Store =>
  overriding(store, { fetch: async () => (await openBytes(content)(0)) as Readable })

const wrong: [string, Buffer][] = [
  ['one bit off', damaged],
  ['short', bytes.subarray(0, -1)],
  ['long', Buffer.concat([bytes, Buffer.from('!')])],
  ['empty', Buffer.alloc(0)],
]

describe('a blob', () => {
  it('is described, and missed', async () => {
    expect(await describeBlob(store, descriptor.digest)).toEqual(descriptor)
    await expectCode(describeBlob(store, randomBlob(1).descriptor.digest), 'NOT_FOUND')
  })

  it('is read', async () => {
    expect((await buffer(await readBlob(store, descriptor))).equals(bytes)).toBe(true)
  })

  it.each(wrong)('T11: is never read to its end when it is %s', async (_what, content) => {
    const got: Buffer[] = []
    const stream = await readBlob(serving(content), descriptor)
    await expect(
      (async () => {
        for await (const chunk of stream) got.push(chunk)
      })(),
    ).rejects.toMatchObject({ code: 'CONTENT_MISMATCH' })
    expect(Buffer.concat(got).length).toBeLessThan(bytes.length)
  })
})

describe('a file of it', () => {
  let folder: string
  let path: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'regctl-blob-'))
    path = join(folder, 'blob')
  })

  it('is written whole, in place of another', async () => {
    writeFileSync(path, 'old')
    await saveBlob(store, descriptor, { path })
    expect(readFileSync(path).equals(bytes)).toBe(true)
    expect(readdirSync(folder)).toEqual(['blob'])
  })

  it.each(wrong)('T11: gets no name when it is %s; the old one stays', async (_what, content) => {
    writeFileSync(path, 'old')
    await expectCode(saveBlob(serving(content), descriptor, { path }), 'CONTENT_MISMATCH')
    expect(readFileSync(path, 'utf8')).toBe('old')
    expect(readdirSync(folder)).toEqual(['blob'])
  })

  it('is not left behind when it is aborted', async () => {
    const controller = new AbortController()
    const stalling = overriding(store, {
      fetch: async () => {
        setTimeout(() => controller.abort(new Error('stop')), 10)
        return new Readable({ read() {} })
      },
    })
    await expect(saveBlob(stalling, descriptor, { path, signal: controller.signal })).rejects.toThrow()
    expect(readdirSync(folder)).toEqual([])
  })
})
