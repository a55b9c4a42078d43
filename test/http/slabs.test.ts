import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createSlabPool, Gathering } from '../../src/http/slabs.ts'
import { seeded } from '../helpers/raw.ts'

const turn = () => new Promise(resolve => setImmediate(resolve))

/** Feeds bytes like a socket: into the room fixed at the end of the last read, in odd portions, some even after a stop. */
function feed(gathering: Gathering, content: Buffer, random: () => number) {
  let [sent, allowed, afterStop] = [0, true, 0]
  const resume = () => {
    allowed = true
  }
  const state = { most: 0, resume }
  let room = gathering.room()
  const run = async (lentSoFar: () => number) => {
    for (let turns = 0; sent < content.length; turns++) {
      if (turns > 1_000_000) throw new Error('nothing moves')
      // What TLS has decrypted comes although reading was stopped.
      if (!allowed && (afterStop > 3 || random() < 0.7)) {
        if (random() < 0.5) afterStop = 5
        await turn()
        continue
      }
      afterStop = allowed ? 0 : afterStop + 1
      const bytes = content.subarray(
        sent,
        sent + Math.min(room.length, 1 + Math.floor(random() * (allowed && random() < 0.1 ? 400_000 : 24_000))),
      )
      bytes.copy(room)
      sent += bytes.length
      allowed = gathering.took(bytes.length) && allowed
      if (gathering.left > 0) room = gathering.room()
      state.most = Math.max(state.most, sent - lentSoFar())
      if (random() < 0.3) await turn()
    }
  }
  return { state, run }
}

describe('a gathering', () => {
  it.each([1, 2, 3, 4, 5, 6])(
    'lends every byte once and overwrites none that is out, with a slow reader (seed %i)',
    async seed => {
      const random = seeded(seed)
      const content = Buffer.from(Array.from({ length: 3_000_000 + seed * 77_777 }, () => Math.floor(random() * 256)))
      const pool = createSlabPool(300_000)
      const gathering: Gathering = new Gathering({
        length: content.length,
        pool,
        onDrain: () => state.resume(),
        onWait: () => {},
      })
      const { state, run } = feed(gathering, content, random)
      let lent = 0
      const running = run(() => lent)
      const hash = createHash('sha256')
      for (;;) {
        const { value: chunk } = await gathering.next()
        if (chunk === undefined) break
        const before = createHash('sha256').update(chunk).digest('hex')
        for (let pauses = Math.floor(random() * 20); pauses > 0; pauses--) await turn()
        expect(createHash('sha256').update(chunk).digest('hex')).toBe(before)
        hash.update(chunk)
        lent += chunk.length
      }
      await running
      expect(lent).toBe(content.length)
      expect(hash.digest('hex')).toBe(createHash('sha256').update(content).digest('hex'))
      // Two slabs, and a third that was begun.
      expect(state.most).toBeLessThanOrEqual(3 * 300_000)
    },
  )

  it('lends what came before the connection broke, and then fails', async () => {
    const gathering = new Gathering({ length: 10, pool: createSlabPool(4096), onDrain() {}, onWait() {} })
    gathering.room().write('abc')
    gathering.took(3)
    const broke = new Error('broke')
    gathering.fail(broke)
    expect((await gathering.next()).value?.toString()).toBe('abc')
    await expect(gathering.next()).rejects.toBe(broke)
  })

  it('fails with what broke first', async () => {
    const gathering = new Gathering({ length: 10, pool: createSlabPool(4096), onDrain() {}, onWait() {} })
    const broke = new Error('broke')
    gathering.fail(broke)
    gathering.fail(new Error('and was closed'))
    await expect(gathering.next()).rejects.toBe(broke)
  })

  it.each<[string, boolean, (gathering: Gathering) => unknown]>([
    ['in full: it is free', true, gathering => gathering.next()],
    ['in part: who has the last chunk may still be sending it', false, gathering => gathering.drop()],
  ])('gives its memory back once it was read %s', async (_, isFree, end) => {
    const given: boolean[] = []
    const pool = { ...createSlabPool(4096), give: (_slab: Buffer, free: boolean) => void given.push(free) }
    const gathering = new Gathering({ length: 3, pool, onDrain() {}, onWait() {} })
    gathering.room().write('abc')
    gathering.took(3)
    expect((await gathering.next()).value?.toString()).toBe('abc')
    expect(given).toEqual([])
    await end(gathering)
    expect(given).toEqual([isFree])
  })

  it('lends nothing after it was dropped', async () => {
    const gathering = new Gathering({ length: 10, pool: createSlabPool(4096), onDrain() {}, onWait() {} })
    let isLent = false
    void gathering.next().then(() => {
      isLent = true
    })
    gathering.room().write('abc')
    gathering.took(3)
    gathering.drop()
    await turn()
    await turn()
    expect(isLent).toBe(false)
  })

  it('gives back what nobody has out when the rest is not wanted', async () => {
    const given: boolean[] = []
    const pool = { take: () => Buffer.alloc(4096), give: (_: Buffer, isFree: boolean) => given.push(isFree) }
    const gathering = new Gathering({ length: 1e6, pool, onDrain() {}, onWait() {} })
    for (let read = 0; read < 8000; ) {
      const { length } = gathering.room()
      gathering.took(length)
      read += length
    }
    await gathering.next()
    gathering.drop()
    expect(given.toSorted()).toEqual([false, true, true])
  })

  it('ends an empty body without a chunk', async () => {
    const gathering = new Gathering({ length: 0, pool: createSlabPool(4096), onDrain() {}, onWait() {} })
    expect(await gathering.next()).toEqual({ done: true, value: undefined })
  })
})

describe('a pool', () => {
  it('sets aside no more than a body can use, whatever Content-Length claims (T12)', () => {
    const pool = createSlabPool(1 << 20)
    expect(pool.take(10).length).toBe(10)
    expect(pool.take(Number.MAX_SAFE_INTEGER).length).toBe(1 << 20)
  })

  it('hands a slab on when it is free, and never one that may still be written out', () => {
    const pool = createSlabPool(4096)
    const [first, second] = [pool.take(9999), pool.take(9999)]
    pool.give(first, true)
    pool.give(second, false)
    expect(pool.take(9999)).toBe(first)
    expect(pool.take(9999)).not.toBe(second)
  })

  it('gives little to each when there are very many', () => {
    const pool = createSlabPool(1 << 20)
    const slabs = Array.from({ length: 100 }, () => pool.take(1e9))
    expect(slabs.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(48 << 20)
    for (const slab of slabs) pool.give(slab, true)
    expect(pool.take(1e9).length).toBe(1 << 20)
  })
})
