import type { IncomingHttpHeaders } from 'node:http'
import type { Layer } from './http.ts'
import { addressOf } from './location.ts'

const maxBytes = 4096
/** Beyond this a host is only making noise (T12). */
const maxTold = 100

/**
 * Texts of `Warning: 299 - "text"` headers (distribution-spec "Warnings", item 24): several, quoted pairs undone, each once,
 * at most 4096 bytes in all. They are a stranger's words: show them escaped, never act on them.
 */
export function parseWarnings(headers: IncomingHttpHeaders): string[] {
  const text = (headers.warning ?? '').slice(0, maxBytes)
  const warnings = new Set<string>()
  // Linear: a quoted string is a run of escaped pairs and plain characters that exclude each other (T26).
  for (const [, quoted = ''] of text.matchAll(/(?:^|,)[ \t]*299[ \t]+[^ \t",]+[ \t]+"((?:\\.|[^"\\])*)"/g)) {
    const warning = decode(quoted.replace(/\\(.)/g, '$1'))
    if (warning !== '') warnings.add(warning)
  }
  return [...warnings]
}

/** Tells of each warning the first time that a host says it. */
export function warnings(onWarning: (warning: { host: string; text: string }) => void): Layer {
  const told = new Set<string>()
  return next => async request => {
    const response = await next(request)
    if (response.headers.warning === undefined) return response
    const { host } = addressOf(response.url)
    for (const text of parseWarnings(response.headers)) {
      const key = `${host} ${text}`
      if (told.has(key) || told.size >= maxTold) continue
      told.add(key)
      onWarning({ host, text })
    }
    return response
  }
}

/** Node hands header bytes over as latin1; registries write UTF-8. */
function decode(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8')
}
