import type { Readable } from 'node:stream'
import { lend, through } from '../http/lent.ts'
import { RegctlError } from '../model/errors.ts'

export interface Reading {
  open(offset: number): Promise<Readable>
  /** The first byte wanted, and the body that begins with it where it is open already. */
  from: number
  first?: Readable
  /** Asked at each chunk: what comes from there on is not wanted. To the end when absent. */
  until?: () => number
}

/** How often a body may break without a byte of progress. */
const attempts = 3

/** The chunks of a blob, lent; a body that breaks is opened again from the last byte (item 18). */
export async function* reopening({ open, from, first, until }: Reading): AsyncGenerator<Buffer, void, undefined> {
  let position = from
  let body = first ?? (await open(from))
  for (let fruitless = 0; ; ) {
    const start = position
    try {
      for await (const chunk of lend(body)) {
        const part = until ? chunk.subarray(0, Math.max(0, until() - position)) : chunk
        position += part.length
        if (part.length > 0) yield part
        if (until && position >= until()) return
      }
      return
    } catch (error) {
      fruitless = position > start ? 0 : fruitless + 1
      if (fruitless >= attempts || !isBroken(error)) throw error
    }
    body = await open(position)
  }
}

/** Lets go of the bytes that are known already, where everything is sent again. */
export function skip(body: Readable, bytes: number): Readable {
  return through(body, async function* (chunks) {
    let left = bytes
    for await (const chunk of chunks) {
      if (left < chunk.length) yield chunk.subarray(left)
      left = Math.max(0, left - chunk.length)
    }
  })
}

/** Whether the connection broke or hung, which says nothing of the content. */
export function isBroken(error: unknown): boolean {
  return error instanceof RegctlError && (error.code === 'UNREACHABLE' || error.code === 'STALLED')
}
