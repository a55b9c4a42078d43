import { join } from 'node:path'
import { readEntries, writeEntries } from '../files/entries.ts'
import { isObject } from '../model/descriptor.ts'
import type { RegctlError } from '../model/errors.ts'
import type { MirrorMemory } from '../store/mirrors.ts'

/** Milliseconds that a mirror which failed is left out: long enough for a run of commands, short enough to notice that it is back. */
const rest = 5 * 60 * 1000
/** After wrong bytes, or a way into the dark. */
const longRest = 60 * 60 * 1000

interface Entry {
  /** Milliseconds since the epoch. */
  until: number
  reason: string
}

export interface DiskMemory extends MirrorMemory {
  /** Writes down what this run learned. Never throws: nothing is lost but a hint. */
  remember(): Promise<void>
}

/** Which mirrors failed of late, in one small file of the state folder; of two runs at once the last one's stays. */
export function mirrorMemory(stateFolder: string, now: () => number = Date.now): DiskMemory {
  const path = join(stateFolder, 'mirrors.json')
  const learned = new Map<string, Entry>()
  let earlier: Promise<Map<string, Entry>> | undefined
  const recall = () => {
    earlier ??= readEntries(path, isEntry)
    return earlier
  }
  return {
    async leftOut(mirror) {
      const own = learned.get(mirror)
      if (own) return own.reason
      const entry = (await recall()).get(mirror)
      // A clock that was set back must not lock a mirror out for years.
      if (!entry || entry.until <= now() || entry.until > now() + longRest) return undefined
      return `${entry.reason}, in an earlier run; it is asked again after ${new Date(entry.until).toISOString()}`
    },
    fail(mirror, { code, message }: RegctlError) {
      if (learned.has(mirror)) return
      const isSerious = code === 'CONTENT_MISMATCH' || code === 'CONTENT_INVALID' || code === 'REFUSED'
      learned.set(mirror, { until: now() + (isSerious ? longRest : rest), reason: message })
    },
    async remember() {
      if (learned.size === 0) return
      const all = [...(await recall()), ...learned].filter(([, { until }]) => until > now())
      await writeEntries(path, all).catch(() => {})
    },
  }
}

function isEntry(value: unknown): value is Entry {
  return isObject(value) && Number.isSafeInteger(value.until) && typeof value.reason === 'string'
}
