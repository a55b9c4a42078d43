import { InvalidContentError } from './errors.ts'

/** Deeper than any honest document, shallower than any call stack (T12). */
const maxDepth = 100

/**
 * Parses strict JSON: UTF-8, no name twice in one object (I-JSON, item 88: parsers differ in which one they keep, T11) and at
 * most 100 levels. Numbers beyond 2^53 lose digits: whoever uses one as a size checks it.
 * @throws InvalidContentError naming `what` and never quoting the content, which may hold a secret.
 */
export function parseJson(bytes: Uint8Array | string, what: string, options: JsonOptions = {}): unknown {
  const text = typeof bytes === 'string' ? bytes : decode(bytes, what)
  const value = parse(text, what)
  checkStructure(text, what, options.repeated === 'last')
  return value
}

export interface JsonOptions {
  /** What a name twice in one object means: an error, or the last of them, as lists of Nexus have it (`blobCreated`). */
  repeated?: 'refuse' | 'last'
}

function decode(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new InvalidContentError(`${what} is not UTF-8`)
  }
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The cause quotes the text.
    throw new InvalidContentError(`${what} is not JSON`)
  }
}

/** One pass without recursion over text that is known to be JSON, with the names of each open object on a stack. */
function checkStructure(text: string, what: string, mayRepeat: boolean): void {
  const open: (Set<string> | undefined)[] = []
  let lastString = ''
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]
    if (character === '"') {
      const end = endOfString(text, at)
      lastString = text.slice(at, end + 1)
      at = end
    } else if (character === ':') {
      if (!mayRepeat) addName(open.at(-1), lastString, what)
    } else if (character === '{' || character === '[') {
      open.push(character === '{' ? new Set() : undefined)
      if (open.length > maxDepth) throw new InvalidContentError(`${what} is nested deeper than ${maxDepth} levels`)
    } else if (character === '}' || character === ']') {
      open.pop()
    }
  }
}

function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at
}

/** `literal` is the name as it was written: `"a"` and `"\u0061"` are one name. */
function addName(names: Set<string> | undefined, literal: string, what: string): void {
  const name: string = literal.includes('\\') ? JSON.parse(literal) : literal.slice(1, -1)
  if (names?.has(name))
    throw new InvalidContentError(`${what} has ${JSON.stringify(name.slice(0, 100))} twice in one object`)
  names?.add(name)
}
