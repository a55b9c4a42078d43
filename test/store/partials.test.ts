import { link, mkdir, mkdtemp, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { beforeEach, describe, expect, it } from 'vitest'
import { ownerHere } from '../../src/files/owner.ts'
import type { Descriptor } from '../../src/model/descriptor.ts'
import { fill } from '../../src/store/fill.ts'
import { layoutStore } from '../../src/store/layout.ts'
import { Partials } from '../../src/store/partials.ts'
import { readVerified } from '../../src/store/read.ts'
import type { Store } from '../../src/store/store.ts'
import { makeImage, randomBlob, seed } from '../helpers/images.ts'
import { expectCode } from './contract.ts'

const MiB = 1024 * 1024
const blob = randomBlob(3 * MiB, undefined, 'partials')
const { descriptor, bytes } = blob
const [machine = ''] = ownerHere().split('-')
/** No process has this number: it is above what systems give. */
const dead = `${machine}-999999999`

let path: string
let store: Store
/** The offsets at which the source was opened. */
let opened: number[]
beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'regctl-partials-')), 'layout')
  store = layoutStore(path)
  await seed(store, makeImage({ layers: [10] }), 'v1')
  opened = []
})

const nameOf = (target: Descriptor, owner: string) => `.${target.digest.replace(':', '-')}.${owner}.7.regctl-tmp`
const put = async (content: Uint8Array, owner = 'free') => {
  const at = join(path, nameOf(descriptor, owner))
  await writeFile(at, content)
  return at
}
const left = async () => (await readdir(path)).filter(name => name.endsWith('.regctl-tmp'))
const age = (at: string, seconds: number) => utimes(at, Date.now() / 1000 - seconds, Date.now() / 1000 - seconds)

/** The source, from a byte on; it breaks before byte `end`. */
function source(content: Buffer, end = Number.POSITIVE_INFINITY) {
  return async (offset = 0) => {
    opened.push(offset)
    return Readable.from(pieces(content, offset, end), { objectMode: false })
  }
}

function* pieces(content: Buffer, offset: number, end: number): Generator<Buffer> {
  for (let at = offset; at < content.length; at += 100_000) {
    if (at >= end) throw new Error('the line broke')
    yield content.subarray(at, at + 100_000)
  }
}

async function expectKept(): Promise<void> {
  await readVerified(store, descriptor, { cap: 4 * MiB })
  expect(await left()).toEqual([])
}

describe('a push that breaks', () => {
  it('leaves what arrived, and the next goes on there', async () => {
    await expect(store.push(descriptor, source(bytes, 2 * MiB))).rejects.toThrow('the line broke')
    expect(await store.stat(descriptor)).toBeUndefined()
    const [name = ''] = await left()
    const arrived = await readFile(join(path, name))
    expect(arrived.equals(bytes.subarray(0, arrived.length))).toBe(true)
    expect(arrived.length).toBeGreaterThan(MiB)
    expect(await layoutStore(path).push(descriptor, source(bytes))).toBe('pushed')
    expect(opened).toEqual([0, arrived.length])
    await expectKept()
  })

  it('leaves what arrived when it is aborted, and what was there when the source cannot be opened', async () => {
    const stop = new AbortController()
    async function* stalls() {
      yield bytes.subarray(0, MiB)
      setImmediate(() => stop.abort())
      await new Promise(() => {})
    }
    const stalling = async () => Readable.from(stalls(), { objectMode: false })
    await expect(store.push(descriptor, stalling, { signal: stop.signal })).rejects.toThrow()
    const [name = ''] = await left()
    expect((await stat(join(path, name))).size).toBe(MiB)
    const open = async () => {
      throw new Error('no')
    }
    await expect(store.push(descriptor, open)).rejects.toThrow('no')
    expect(await left()).toHaveLength(1)
    await store.push(descriptor, source(bytes))
    expect(opened).toEqual([MiB])
    await expectKept()
  })

  it('leaves what was there when it is aborted while hashing that', async () => {
    await put(bytes.subarray(0, 2 * MiB))
    const supply = { source: source(bytes), signal: AbortSignal.abort() }
    await expect(fill(new Partials(path), descriptor, supply)).rejects.toThrow()
    await store.push(descriptor, source(bytes))
    expect(opened).toEqual([2 * MiB])
    await expectKept()
  })

  it('goes on again and again', async () => {
    for (const end of [MiB, 1.5 * MiB, 2.5 * MiB]) {
      await expect(store.push(descriptor, source(bytes, end))).rejects.toThrow('the line broke')
    }
    await store.push(descriptor, source(bytes))
    expect(opened.toSorted((one, other) => one - other)).toEqual(opened)
    expect(new Set(opened).size).toBe(4)
    await expectKept()
  })

  it.each([
    ['a small blob', randomBlob(MiB - 1), 500_000],
    ['nothing that arrived', blob, 0],
  ])('leaves nothing of %s', async (_name, { descriptor, bytes }, end) => {
    await expect(store.push(descriptor, source(bytes, end))).rejects.toThrow('the line broke')
    expect(await left()).toEqual([])
  })

  it('leaves nothing of wrong bytes', async () => {
    await expectCode(store.push(descriptor, source(randomBlob(3 * MiB).bytes)), 'CONTENT_MISMATCH')
    await expectCode(store.push(descriptor, source(bytes.subarray(0, 2 * MiB))), 'CONTENT_MISMATCH')
    expect(await left()).toEqual([])
  })

  it('leaves nothing on a full disk', async () => {
    const full = async () => {
      throw Object.assign(new Error('full'), { code: 'ENOSPC' })
    }
    await put(bytes.subarray(0, MiB))
    await expect(store.push(descriptor, full)).rejects.toThrow('full')
    expect(await left()).toEqual([])
  })
})

describe('what an earlier push left', () => {
  it.each([
    ['by a push that ended', 'free'],
    ['by one that was killed', dead],
  ])('%s is gone on with', async (_name, owner) => {
    await put(bytes.subarray(0, 2 * MiB), owner)
    expect(await store.push(descriptor, source(bytes))).toBe('pushed')
    expect(opened).toEqual([2 * MiB])
    await expectKept()
  })

  it('is used where it is longest, and goes when the blob is there', async () => {
    await put(bytes.subarray(0, MiB), 'free')
    await put(bytes.subarray(0, 2 * MiB), dead)
    await store.push(descriptor, source(bytes))
    expect(opened).toEqual([2 * MiB])
    await expectKept()
  })

  it('is passed over where it is longer than the blob', async () => {
    await put(Buffer.alloc(4 * MiB), 'free')
    await put(bytes.subarray(0, 2 * MiB), dead)
    await store.push(descriptor, source(bytes))
    expect(opened).toEqual([2 * MiB])
    await expectKept()
  })

  it('is the blob when it is whole: the source is not asked', async () => {
    await put(bytes, dead)
    expect(await store.push(descriptor, source(bytes))).toBe('present')
    expect(opened).toEqual([])
    await expectKept()
  })

  const wrong = Buffer.from(bytes)
  wrong[12_345] = (wrong[12_345] ?? 0) ^ 1
  it.each<[string, Uint8Array, number[]]>([
    ['wrong', wrong.subarray(0, MiB), [MiB, 0]],
    ['whole but wrong', wrong, [0]],
    ['oversized', Buffer.concat([bytes, Buffer.from('!')]), [0]],
    ['full of zeros, as after a power cut', Buffer.alloc(MiB), [MiB, 0]],
    ['empty', Buffer.alloc(0), [0]],
  ])('T11: is fetched anew when it is %s', async (_name, content, offsets) => {
    await put(content)
    expect(await store.push(descriptor, source(bytes))).toBe('pushed')
    expect(opened).toEqual(offsets)
    await expectKept()
  })

  it('T11: saves no source that is wrong itself', async () => {
    await put(bytes.subarray(0, MiB))
    await expectCode(store.push(descriptor, source(wrong.subarray(0, 3 * MiB - 1))), 'CONTENT_MISMATCH')
    expect(opened).toEqual([MiB, 0])
    expect(await store.stat(descriptor)).toBeUndefined()
    expect(await left()).toEqual([])
  })

  it('is swept after a day', async () => {
    const at = await put(bytes.subarray(0, MiB))
    await age(at, 25 * 3600)
    await store.push(descriptor, source(bytes))
    expect(opened).toEqual([0])
  })

  it.each<[string, (outside: string, at: string) => Promise<unknown>]>([
    ['a symlink', symlink],
    ['a hard link', link],
    ['a folder', (_outside, at) => mkdir(at)],
  ])('T9: %s in its place is neither read nor written nor removed', async (_name, make) => {
    const outside = join(dirname(path), 'outside')
    await writeFile(outside, bytes.subarray(0, MiB))
    await make(outside, join(path, nameOf(descriptor, 'free')))
    await store.push(descriptor, source(bytes))
    expect(opened).toEqual([0])
    await readVerified(store, descriptor, { cap: 4 * MiB })
    expect((await readFile(outside)).equals(bytes.subarray(0, MiB))).toBe(true)
    expect(await left()).toEqual([nameOf(descriptor, 'free')])
  })
})

describe('several at once', () => {
  it.each([
    ['that runs', ownerHere()],
    ['on another machine', '0123456789ab-1'],
  ])('what somebody %s is writing is left alone', async (_name, owner) => {
    const at = await put(bytes.subarray(0, MiB), owner)
    await store.push(descriptor, source(bytes))
    expect(opened).toEqual([0])
    expect((await readFile(at)).equals(bytes.subarray(0, MiB))).toBe(true)
  })

  it('what nobody wrote to for a minute is copied: its writer may come back', async () => {
    const at = await put(bytes.subarray(0, MiB), '0123456789ab-1')
    await age(at, 90)
    await store.push(descriptor, source(bytes))
    expect(opened).toEqual([MiB])
    expect((await readFile(at)).equals(bytes.subarray(0, MiB))).toBe(true)
    await readVerified(store, descriptor, { cap: 4 * MiB })
  })

  it('only one goes on with what is there, and a wrong one spoils no other', async () => {
    await put(bytes.subarray(0, MiB))
    const bad = Buffer.concat([bytes.subarray(0, 2 * MiB), randomBlob(MiB).bytes])
    const pushes = [bytes, bad, bytes, bad, bytes].map(content => layoutStore(path).push(descriptor, source(content)))
    const ended = await Promise.allSettled(pushes)
    expect(ended.filter((_end, at) => at % 2 === 0).map(({ status }) => status)).toEqual(Array(3).fill('fulfilled'))
    expect(opened.filter(offset => offset === MiB).length).toBeLessThanOrEqual(1)
    await expectKept()
  })
})
