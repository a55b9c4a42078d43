import { RegctlError } from '../model/errors.ts'
import { RegistryError } from '../registry/errors.ts'

/** The second list where the first is one that this host does not have: a page for people, or an address that nobody serves. */
export async function* instead<T>(first: AsyncIterable<T>, second: () => AsyncIterable<T>): AsyncGenerator<T> {
  let begun = false
  try {
    for await (const item of first) {
      begun = true
      yield item
    }
  } catch (error) {
    if (begun || !isNotServed(error)) throw error
    yield* second()
  }
}

/** Whether a product's interface is not there at all; what is missing in it, it says in words of its own. */
function isNotServed(error: unknown): boolean {
  if (error instanceof RegistryError)
    return [400, 404, 405, 501].includes(error.status) && error.registryCodes.length === 0
  return error instanceof RegctlError && error.code === 'SERVER_FAILED'
}
