import { InvalidContentError } from '../model/errors.ts'
import { parseJson } from '../model/json.ts'
import { type NormalizeOptions, type Notices, normalizeDocument } from './normalize.ts'

/**
 * Text that holds one payload, or one on each line as logs keep them.
 * @throws InvalidContentError as `normalize`, with the line
 */
export function readDocuments(text: string, what: string, options: NormalizeOptions = {}): Notices {
  const whole = parsed(text, what)
  if (whole !== undefined) return normalizeDocument(whole.document, options)
  const lines = text.split('\n').map((line, index) => ({ line, number: index + 1 }))
  const notices = lines
    .filter(({ line }) => line.trim() !== '')
    .map(({ line, number }) => {
      try {
        return normalizeDocument(parseJson(line, 'the notice'), options)
      } catch (cause) {
        throw cause instanceof InvalidContentError
          ? new InvalidContentError(`${what}, line ${number}: ${cause.message}`, { cause })
          : cause
      }
    })
  if (notices.length === 0) throw new InvalidContentError(`${what} holds no notice`)
  return {
    events: notices.flatMap(({ events }) => events),
    layers: notices.reduce((sum, { layers }) => sum + layers, 0),
  }
}

/** `undefined` for text that is more than one document, or none. */
function parsed(text: string, what: string): { document: unknown } | undefined {
  try {
    JSON.parse(text)
  } catch {
    // A single line has a better error to give.
    if (text.trim().includes('\n')) return undefined
  }
  return { document: parseJson(text, what) }
}
