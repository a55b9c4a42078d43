import { sleep } from '../http/sleep.ts'
import { RegistryError } from './errors.ts'

/** Milliseconds before each further attempt; what is waited for takes the registry far less. */
const pauses = [50, 200, 500]

/**
 * Sends a manifest again where docker's registry met a link that another request was writing: over plain files it empties one before it
 * fills it, and then says of a blob both that its digest is invalid and that it is unknown. Of a blob that is missing it says only that.
 */
export async function withSettledLinks<T>(
  send: () => Promise<T>,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<T> {
  for (const pause of pauses) {
    try {
      return await send()
    } catch (error) {
      if (!isRewritten(error)) throw error
      await sleep(pause, signal)
    }
  }
  return send()
}

function isRewritten(error: unknown): boolean {
  const codes = error instanceof RegistryError && error.status === 400 ? error.registryCodes : []
  return ['DIGEST_INVALID', 'MANIFEST_BLOB_UNKNOWN'].every(code => codes.includes(code))
}
