import { RegctlError } from '../model/errors.ts'
import { listSome } from '../model/nearest.ts'

/** Some of many. */
interface Some {
  failed: readonly { name: string; message: string }[]
  total: number
  /** In the plural: `tags of registry.example/app`. */
  what: string
}

/** The error (exit 8) for a report in which some of many are missing; `undefined` when none is. */
export function shortfallOf({ failed, total, what }: Some): RegctlError | undefined {
  const [first] = failed
  if (!first) return undefined
  const names = listSome(failed.map(({ name }) => name))
  return new RegctlError('PARTIAL', `the copy failed for ${failed.length} of ${total} ${what}: ${names}`, {
    hint: `${first.name}: ${first.message}`,
  })
}
