import type { Client } from '../client.ts'
import { type Diff, diffReports } from '../image/diff.ts'
import { inspect } from '../image/inspect.ts'
import type { Platform } from '../model/descriptor.ts'
import { formatPlace } from '../store/place.ts'
import type { Options } from '../store/store.ts'
import { openTarget } from './target.ts'

/** Reads two images side by side, and compares them. */
export async function compare(
  client: Client,
  [before, after]: readonly [string, string],
  options: Options & { platform?: Platform | undefined },
): Promise<Diff> {
  const read = async (text: string) => {
    const { place, target } = await openTarget(client, text, options)
    return inspect(place.store, target, { signal: options.signal, reference: formatPlace(place) })
  }
  // Both are waited for, so that nothing is under way when the first failure is told.
  const reads = [read(before), read(after)] as const
  await Promise.allSettled(reads)
  const [first, second] = await Promise.all(reads)
  return diffReports(first, second)
}
