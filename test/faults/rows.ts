import { expect, it } from 'vitest'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import type { Client } from '../../src/client.ts'
import { copy } from '../../src/copy/copy.ts'
import { type ErrorCode, RegctlError } from '../../src/model/errors.ts'
import { readVerified } from '../../src/store/read.ts'
import { testClient } from '../helpers/client.ts'
import { type Rule, startFaultProxy } from '../helpers/fault-proxy.ts'
import type { Fault } from '../helpers/faults.ts'
import { makeImage, type Sample, seed } from '../helpers/images.ts'

/** What is to happen under a fault, and what it may cost. */
export interface Row {
  what: string
  rules: readonly Rule[]
  /** `done` when absent. */
  ends?: 'done' | ErrorCode
  /** Bytes that may pass between us and the side with the fault, as a multiple of the content; 1.1 when absent. */
  moves?: number
}

/** Two registries that work, `127.0.0.1:PORT` each. The source has {@link image} as `demo/app:new`. */
export interface World {
  source: string
  destination: string
}

/** 1,000,000 bytes in one layer, a small one beside it. */
export const image = makeImage({ layers: [1_000_000, 20_000], seed: 'faults, new' })
const layer = [...image.contents.values()].find(({ descriptor }) => descriptor.size > 900_000)?.descriptor.digest
/** Requests for the large layer alone, so that a fault meets what it was made for. */
const largeLayer = new RegExp(layer?.replace('sha256:', '') ?? '')

/** Once is all it takes for most of what the network does. */
export const once = (on: Rule['on'], fault: Fault): Rule[] => times(1, on, fault)
export const times = (count: number, on: Rule['on'], fault: Fault): Rule[] => [{ ...rule(on, fault), times: count }]
/** An upload that no mount precedes does not name its blob: these are all meant. */
export const always = (on: Rule['on'], fault: Fault): Rule[] => [
  on === 'POST uploads' ? { on, fault } : rule(on, fault),
]

/** Only some requests name their blob: the rest of an upload is known by its session. */
function rule(on: Rule['on'], fault: Fault): Rule {
  const names = on === 'GET blob' || on === 'POST uploads' || on === 'PUT upload'
  return { on, fault, ...(names && { path: largeLayer }) }
}

const old = makeImage({ layers: [500], seed: 'faults, old' })
const size = [...image.contents.values()].reduce((sum, { descriptor }) => sum + descriptor.size, 0)
/** For requests without content, and what was in flight when a connection was cut. */
const slack = 64 * 1024

let made = 0

/** One test for each row, with the faults on this side. */
export function describeRows(side: keyof World, rows: readonly Row[], world: () => World): void {
  it.concurrent.each(rows.map(row => ({ ...row, ends: row.ends ?? 'done', exit: exitOf(row) })))(
    '$what: $ends, exit $exit',
    async ({ rules, ends, moves = 1.1 }) => {
      const { source, destination } = world()
      const repository = `faults/row-${++made}`
      const proxies = {
        source: await startFaultProxy(source, side === 'source' ? rules : []),
        destination: await startFaultProxy(destination, side === 'destination' ? rules : []),
      }
      await withClient(client => give(client, `${destination}/${repository}:tag`, old))
      const ended = await withClient(async client => {
        const from = await client.open(`${proxies.source.host}/demo/app:new`)
        const to = await client.open(`${proxies.destination.host}/${repository}:tag`, { write: true })
        return copy(from, to).then(() => 'done', codeOf)
      })
      await Promise.all([proxies.source.close(), proxies.destination.close()])
      const passed = proxies[side].log
      const account = passed.map(({ method, kind, status, up, down }) => `${method} ${kind} ${status} ${up} ${down}`)
      expect(ended, account.join('\n')).toBe(ends)
      expect(proxies[side].moved(), account.join('\n')).toBeLessThanOrEqual(moves * size + slack)
      await expectWhole(`${destination}/${repository}:tag`, ends === 'done' ? image : old)
    },
  )
}

/** Puts an image where a reference says. */
export async function give(client: Client, reference: string, sample: Sample): Promise<void> {
  const { store, reference: tag } = await client.open(reference, { write: true })
  await seed(store, sample, tag)
}

/** The tag names this image, and every part of it is there and what its digest says. */
export async function expectWhole(reference: string, { root, contents }: Sample): Promise<void> {
  await withClient(async client => {
    const { store, reference: tag } = await client.open(reference)
    expect((await store.resolve(tag)).digest).toBe(root.digest)
    for (const { descriptor, bytes } of contents.values()) {
      const found = await readVerified(store, descriptor, { cap: Number.POSITIVE_INFINITY })
      expect(found.equals(bytes), descriptor.digest).toBe(true)
    }
  })
}

export async function withClient<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const client = await testClient({ patience: 1500, flags: { stallTimeout: 2, connectTimeout: 5 } })
  try {
    return await work(client)
  } finally {
    client.close()
  }
}

function exitOf({ ends = 'done' }: Row): number {
  return ends === 'done' ? 0 : exitCodes[ends]
}

/** An error of ours by its code; anything else is a defect and shown as it is. */
function codeOf(error: unknown): string {
  return error instanceof RegctlError ? error.code : String(error)
}
