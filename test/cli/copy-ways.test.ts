import { describe, expect, it } from 'vitest'
import { copyAsAsked, missingOf } from '../../src/cli/copy-ways.ts'
import { RegctlError } from '../../src/model/errors.ts'
import { memoryStore } from '../../src/store/memory.ts'
import type { Store } from '../../src/store/store.ts'
import { makeImage, seed } from '../helpers/images.ts'
import { overriding } from '../helpers/stores.ts'

let made = 0

/** A memory that is finished in the end, as an archive is; `closed` says how often. */
function finishing(fails?: Error): { store: Store; closed: () => number } {
  let closed = 0
  const close = async () => {
    closed++
    if (fails) throw fails
  }
  return { store: overriding(memoryStore(), { close, location: `memory-${++made}` }), closed: () => closed }
}
const at = (store: Store) => ({ store, reference: 'v1' })

async function source() {
  const store = memoryStore()
  await seed(store, makeImage({ layers: [100] }), 'v1')
  return at(store)
}

describe('the last step of a copy', () => {
  it('is taken at each destination, once', async () => {
    const from = await source()
    const [one, two, three] = [finishing(), finishing(), finishing()]
    await copyAsAsked({ from, to: [at(one.store)], selection: undefined }, {})
    await copyAsAsked({ from, to: [at(two.store), at(three.store)], selection: undefined }, {})
    expect([one, two, three].map(({ closed }) => closed())).toEqual([1, 1, 1])
  })

  it('is taken for many tags too', async () => {
    const { store, closed } = finishing()
    await copyAsAsked({ from: await source(), to: [{ store, reference: '' }], selection: { sort: 'semver' } }, {})
    expect(closed()).toBe(1)
  })

  it('is not taken by a rehearsal', async () => {
    const from = await source()
    const [one, two] = [finishing(), finishing()]
    await copyAsAsked({ from, to: [at(one.store)], selection: undefined }, { dryRun: true })
    await copyAsAsked({ from, to: [at(one.store), at(two.store)], selection: undefined }, { dryRun: true })
    expect([one.closed(), two.closed()]).toEqual([0, 0])
  })

  it('that fails at one of several is told of that one, and the other is finished', async () => {
    const [bad, good] = [finishing(new RegctlError('FAILED', 'the disk is full')), finishing()]
    const to = [at(bad.store), at(good.store)]
    const result = await copyAsAsked({ from: await source(), to, selection: undefined }, {})
    expect(result).toMatchObject({
      destinations: [{ error: { code: 'FAILED', message: 'the disk is full' } }, { blobs: { copied: 2 } }],
    })
    expect(good.closed()).toBe(1)
    expect(missingOf(result)).toMatchObject({
      code: 'PARTIAL',
      message: expect.stringContaining('the copy failed for 1 of 2 destinations of '),
      hint: expect.stringContaining('the disk is full'),
    })
  })

  it('that fails at the only one is a failure', async () => {
    const { store } = finishing(new RegctlError('FAILED', 'the disk is full'))
    const copying = copyAsAsked({ from: await source(), to: [at(store)], selection: undefined }, {})
    await expect(copying).rejects.toThrow('the disk is full')
  })

  it('a defect in it is not hidden', async () => {
    const to = [at(finishing(new TypeError('x')).store), at(finishing().store)]
    await expect(copyAsAsked({ from: await source(), to, selection: undefined }, {})).rejects.toThrow(TypeError)
  })
})

it('a copy to nowhere is refused', async () =>
  await expect(copyAsAsked({ from: await source(), to: [], selection: undefined }, {})).rejects.toMatchObject({
    code: 'USAGE',
  }))

it('what is whole is no shortfall', async () => {
  const from = await source()
  const one = await copyAsAsked({ from, to: [at(memoryStore())], selection: undefined }, {})
  const two = await copyAsAsked({ from, to: [at(finishing().store), at(finishing().store)], selection: undefined }, {})
  expect([one, two].map(missingOf)).toEqual([undefined, undefined])
})
