import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { through } from '../../src/http/lent.ts'
import type { Descriptor } from '../../src/model/descriptor.ts'
import { digestOf } from '../../src/model/digest.ts'
import { NotFoundError, RegctlError } from '../../src/model/errors.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { readManifest, readVerified, verifying } from '../../src/store/read.ts'
import type { Source } from '../../src/store/store.ts'
import { makeImage, makeIndex, openBytes, randomBlob, seed } from '../helpers/images.ts'
import { expectCode } from './contract.ts'

const { descriptor, bytes } = randomBlob(1000)

/** A source that answers each fetch with these chunks, and counts what was taken of them. */
function lying(chunks: Iterable<Uint8Array>): Source & { taken: () => number } {
  let taken = 0
  function* counted() {
    for (const chunk of chunks) {
      taken += chunk.length
      yield chunk
    }
  }
  return Object.assign(memoryStore('lying'), {
    fetch: async () => Readable.from(counted(), { objectMode: false, highWaterMark: 1 }),
    taken: () => taken,
  })
}

function* endless(size: number): Generator<Uint8Array> {
  for (let chunks = 0; chunks < 100_000; chunks += 1) yield Buffer.alloc(size)
}

describe('readVerified', () => {
  it('gives the bytes that the descriptor promises', async () => {
    expect(await readVerified(lying([bytes.subarray(0, 400), bytes.subarray(400)]), descriptor)).toEqual(bytes)
  })

  const flipped = Buffer.from(bytes)
  flipped[500] = (flipped[500] ?? 0) ^ 1
  it.each<[string, Descriptor, Uint8Array, string]>([
    ['a flipped bit', descriptor, flipped, digestOf(flipped)],
    ['a byte less', descriptor, bytes.subarray(1), 'expected 1000 bytes, got 999'],
    ['a byte more', descriptor, Buffer.concat([bytes, Buffer.from('x')]), 'expected 1000 bytes, got more'],
    ['bytes where none are due', { ...descriptor, size: 0 }, bytes, 'expected 0 bytes, got more'],
    ['nothing for a digest of something', { ...descriptor, size: 0 }, Buffer.alloc(0), digestOf(Buffer.alloc(0))],
  ])('T11: refuses %s, naming the digest, what was expected and what came', async (_name, target, served, words) => {
    const read = readVerified(lying([served]), target)
    await expectCode(read, 'CONTENT_MISMATCH')
    await expect(read).rejects.toThrow(words)
    await expect(read).rejects.toThrow(target.digest)
  })

  it('T11: refuses a byte more that comes after all the others', async () => {
    await expectCode(readVerified(lying([bytes, Buffer.from('x')]), descriptor), 'CONTENT_MISMATCH')
  })

  it('reads what has no bytes', async () => {
    const nothing = { ...descriptor, size: 0, digest: digestOf(Buffer.alloc(0)) }
    expect(await readVerified(lying([]), nothing)).toHaveLength(0)
  })

  describe('from several sources', () => {
    /** Lies so often, then gives the bytes; or always fails with this error. */
    function several(lies: number, error?: Error) {
      let fetches = 0
      const source: Source = Object.assign(memoryStore('several'), {
        fetch: async () => {
          fetches++
          if (error) throw error
          return Readable.from([fetches > lies ? bytes : flipped])
        },
        distrust: () => true,
      })
      return { source, fetches: () => fetches }
    }

    it.each([1, 7])('T11: takes the bytes of the next when %i lied', async lies => {
      const { source, fetches } = several(lies)
      expect(await readVerified(source, descriptor)).toEqual(bytes)
      expect(fetches()).toBe(lies + 1)
    })

    it('gives up after eight', async () => {
      const { source, fetches } = several(1000)
      await expectCode(readVerified(source, descriptor), 'CONTENT_MISMATCH')
      expect(fetches()).toBe(8)
    })

    it.each([new NotFoundError('gone'), new RegctlError('UNREACHABLE', 'away'), new TypeError('x')])(
      'distrusts nobody for %s',
      async error => {
        const { source, fetches } = several(0, error)
        await expect(readVerified(source, descriptor)).rejects.toBe(error)
        expect(fetches()).toBe(1)
      },
    )
  })

  it('T12: takes no more than a chunk beyond the size from a source without end', async () => {
    const source = lying(endless(1024))
    await expectCode(readVerified(source, descriptor), 'CONTENT_MISMATCH')
    expect(source.taken()).toBeLessThan(64 * 1024)
  })

  it.each([4 * 1024 * 1024 + 1, Number.MAX_SAFE_INTEGER])(
    'T12: asks for nothing when %d bytes are claimed',
    async size => {
      const source = lying(endless(1024))
      await expectCode(readVerified(source, { ...descriptor, size }), 'CONTENT_INVALID')
      expect(source.taken()).toBe(0)
    },
  )

  it('T12: holds no memory for what is only claimed', async () => {
    const size = 2 ** 50
    await expectCode(readVerified(lying([bytes]), { ...descriptor, size }, { cap: size }), 'CONTENT_MISMATCH')
  })

  it('uses data that verifies, and fetches when it does not', async () => {
    const data = bytes.toString('base64')
    const source = lying([bytes])
    expect(await readVerified(source, { ...descriptor, data })).toEqual(bytes)
    expect(source.taken()).toBe(0)
    const short = { ...descriptor, size: 999, data }
    await expectCode(readVerified(lying([bytes.subarray(0, 999)]), short), 'CONTENT_MISMATCH')
    for (const lie of ['', 'e30=', data.replace(/^./, first => (first === 'A' ? 'B' : 'A')), '!!']) {
      expect(await readVerified(lying([bytes]), { ...descriptor, data: lie })).toEqual(bytes)
    }
  })

  it('stops when it is aborted, and destroys the stream', async () => {
    const stop = new AbortController()
    const silent = new Readable({ read: () => setImmediate(() => stop.abort()) })
    const source: Source = Object.assign(memoryStore(), { fetch: async () => silent })
    await expect(readVerified(source, descriptor, { signal: stop.signal })).rejects.toThrow()
    expect(silent.destroyed).toBe(true)
  })

  it('T11: refuses a digest that cannot be computed, before it opens anything', async () => {
    const source = lying([bytes])
    await expectCode(readVerified(source, { ...descriptor, digest: 'blake9:00ff' }), 'CONTENT_INVALID')
    expect(source.taken()).toBe(0)
  })
})

describe('verifying', () => {
  it('passes good bytes on, and none beyond the size', async () => {
    expect(await buffer(through(await openBytes(bytes)(), verifying(descriptor)))).toEqual(bytes)
    const passed: Buffer[] = []
    const stream = through(Readable.from([bytes, bytes], { objectMode: false }), verifying(descriptor))
    stream.on('data', chunk => passed.push(chunk))
    await expect(new Promise((_, fail) => stream.on('error', fail))).rejects.toThrow('got more')
    expect(Buffer.concat(passed)).toEqual(bytes)
  })

  it('T11: holds the last bytes back until the digest is right', async () => {
    const wrong = [bytes.subarray(0, 400), bytes.subarray(400, 999), Buffer.from([(bytes[999] ?? 0) ^ 1])]
    const passed: Buffer[] = []
    const passing = async () => {
      for await (const chunk of through(Readable.from(wrong), verifying(descriptor))) passed.push(chunk)
    }
    await expectCode(passing(), 'CONTENT_MISMATCH')
    expect(Buffer.concat(passed)).toEqual(bytes.subarray(0, 999))
  })
})

describe('readManifest', () => {
  it('parses what it verified', async () => {
    const store = memoryStore()
    const [image, index] = [makeImage({ layers: 3 }), makeIndex({ platforms: ['linux/amd64', 'linux/arm64'] })]
    await seed(store, image)
    await seed(store, index)
    expect(await readManifest(store, image.root)).toMatchObject({ kind: 'image', layers: { length: 3 } })
    expect(await readManifest(store, index.root)).toMatchObject({ kind: 'index', manifests: { length: 2 } })
  })
})
