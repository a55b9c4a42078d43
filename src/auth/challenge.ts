/** One way a server offers to be convinced (RFC 7235 section 2.1). */
export interface Challenge {
  /** Lower-case: `bearer`, `basic`. */
  scheme: string
  /** Names in lower case. */
  parameters: ReadonlyMap<string, string>
}

/**
 * Reads a `WWW-Authenticate` header as the list it is: several challenges in one value, quoted commas, token68 (PROTOCOL 2.2).
 * A challenge that names two realms, or whose quote never ends, means nothing and is left out; the first of any other
 * repeated parameter counts. Never throws.
 */
export function parseChallenges(header: string | undefined): Challenge[] {
  const input = new Cursor(header ?? '')
  const found: Draft[] = []
  let draft: Draft | undefined
  for (input.skip(separators); !input.done; input.skip(separators)) {
    const name = input.take(token).toLowerCase()
    if (name === '') {
      input.skip(/[^\s,]+/y)
    } else if (input.take(equals) !== '') {
      addParameter(draft, name, readValue(input))
    } else {
      draft = { scheme: name, parameters: new Map(), broken: false }
      found.push(draft)
      input.skip(token68)
    }
  }
  return found.filter(({ broken }) => !broken).map(({ scheme, parameters }) => ({ scheme, parameters }))
}

interface Draft extends Challenge {
  parameters: Map<string, string>
  broken: boolean
}

/** Empty list elements are allowed (RFC 9110 section 5.6.1). */
const separators = /[\s,]*/y
const token = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y
const equals = /[ \t]*=[ \t]*/y
/** The other form a scheme's data can take, such as a Negotiate blob; nothing here answers it. */
const token68 = /[ \t]+[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))/y
const quoted = /"(?:[^"\\]|\\.)*"/sy
/** Wider than a token: servers write bare URLs (PROTOCOL 2.2d). */
const bare = /[^\s,"]*/y

/** Walks text with sticky patterns, so that every character is looked at a bounded number of times (T26). */
class Cursor {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  get done(): boolean {
    return this.#at >= this.#text.length
  }

  take(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)?.[0] ?? ''
    this.#at += match.length
    return match
  }

  skip(pattern: RegExp): void {
    this.take(pattern)
  }
}

/** `undefined`: a quote that never ends; the rest of the header went with it. */
function readValue(input: Cursor): string | undefined {
  const text = input.take(quoted)
  if (text !== '') return text.slice(1, -1).replace(/\\(.)/gs, '$1')
  const value = input.take(bare)
  if (value !== '' || input.take(/".*/sy) === '') return value
  return undefined
}

function addParameter(draft: Draft | undefined, name: string, value: string | undefined): void {
  if (!draft) return
  if (value === undefined || (name === 'realm' && draft.parameters.has(name))) draft.broken = true
  else if (!draft.parameters.has(name)) draft.parameters.set(name, value)
}
