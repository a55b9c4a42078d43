import type { Node, ParseError } from 'jsonc-parser'
import { RegctlError } from '../model/errors.ts'
import { parseMirrorUrl } from './address.ts'
import { mirrorsKey } from './docker-engine.ts'
import type { Change, Edited } from './edit.ts'

/** Characters. No `daemon.json` is anywhere near; larger ones are something else. */
const maxLength = 1024 * 1024

/**
 * Adds or removes one address of `registry-mirrors` in a `daemon.json`, and leaves every other character as it is: order, indentation, line
 * ends and numbers of any length. The last address leaves an empty list behind, since dockerd forgets its mirrors at a reload only when the
 * key is there (PROTOCOL 4.5).
 * @throws RegctlError REFUSED with the reason, for a file that dockerd would not take or that means more than one thing
 */
export async function editDaemonJson(text: string, change: Change): Promise<Edited> {
  try {
    return await edit(text, change)
  } catch (error) {
    // The stack of a parser that calls itself.
    if (error instanceof RangeError) throw new RegctlError('REFUSED', 'it is nested too deeply')
    throw error
  }
}

async function edit(text: string, change: Change): Promise<Edited> {
  const json = await import('jsonc-parser')
  const refuse = (reason: string, hint?: string) => new RegctlError('REFUSED', reason, { hint })
  if (text.length > maxLength) throw refuse(`it is larger than ${maxLength} characters`)
  const body = text.replace(/^\uFEFF/, '')
  if (body.trim() === '') return change.add === undefined ? unchanged(text, []) : begun(text, change.add)
  const errors: ParseError[] = []
  const root = json.parseTree(body, errors, { disallowComments: true, allowTrailingComma: false })
  const [first] = errors
  if (first) throw refuse(`it is no JSON that dockerd takes: ${place(body, first.offset)}: ${wordsOf(json, first)}`)
  if (root?.type !== 'object') throw refuse('it is not a JSON object')
  refuseTwins(body, root, refuse)
  const list = propertyOf(root, mirrorsKey)?.children?.[1]
  if (list && (list.type !== 'array' || !list.children?.every(({ type }) => type === 'string')))
    throw refuse(`its ${mirrorsKey} is not a list of texts`)
  const items = list?.children ?? []
  const before = items.map(({ value }) => String(value))
  const at = (url: string) => before.findIndex(each => normal(each) === normal(url))
  let cut: Cut | undefined
  if (change.add !== undefined) {
    if (at(change.add) !== -1) return unchanged(text, before)
    cut = list ? intoList(body, list, change) : intoObject(body, root, change.add)
  } else {
    const index = at(change.remove)
    const item = items[index]
    if (!list || !item) return unchanged(text, before)
    cut = { ...outOfList(list, index), insert: '' }
  }
  const edited = body.slice(0, cut.from) + cut.insert + body.slice(cut.to)
  const value: unknown = JSON.parse(edited)
  const mirrors = (value as Record<string, string[]>)[mirrorsKey] ?? []
  const rest = (parsed: unknown) => JSON.stringify({ ...(parsed as object), [mirrorsKey]: null })
  // Nothing else may have changed: the second lock.
  if (rest(value) !== rest(JSON.parse(body))) throw refuse('it could not be edited without changing more')
  const bom = text.length > body.length ? '\uFEFF' : ''
  // One address may stand there several times, in several spellings.
  if (change.add === undefined && mirrors.some(each => normal(each) === normal(change.remove)))
    return edit(bom + edited, change)
  return { text: bom + edited, mirrors, changed: true }
}

/** From where to where, and what goes there instead. */
interface Cut {
  from: number
  to: number
  insert: string
}

type Refuse = (reason: string, hint?: string) => RegctlError

function unchanged(text: string, mirrors: string[]): Edited {
  return { text, mirrors, changed: false }
}

/** Nothing but blanks: dockerd takes it for `{}`. */
function begun(text: string, url: string): Edited {
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  const object = ['{', `  "${mirrorsKey}": [${JSON.stringify(url)}]`, '}', ''].join(eol)
  return { text: text + object, mirrors: [url], changed: true }
}

/** Written as the neighbours are: on a line of its own where they are. */
function intoList(text: string, list: Node, { add, first }: Extract<Change, { add: string }>): Cut {
  const [head] = list.children ?? []
  const url = JSON.stringify(add)
  const inside = list.offset + 1
  if (!head) return { from: inside, to: list.offset + list.length - 1, insert: url }
  const lead = text.slice(inside, head.offset)
  const [last = head, previous] = [list.children?.at(-1), list.children?.at(-2)]
  const end = last.offset + last.length
  const between = previous
    ? text.slice(previous.offset + previous.length, last.offset)
    : `,${/[\r\n]/.test(lead) ? lead : blankAfterColon(text, list)}`
  return first
    ? { from: head.offset, to: head.offset, insert: url + between }
    : { from: end, to: end, insert: between + url }
}

/** Whoever writes `{"a":1}` writes `["a","b"]`. */
function blankAfterColon(text: string, value: Node): string {
  return /\s/.test(text[value.offset - 1] ?? '') ? ' ' : ''
}

function intoObject(text: string, root: Node, url: string): Cut {
  const key = JSON.stringify(mirrorsKey)
  const [head] = root.children ?? []
  const inside = root.offset + 1
  if (!head) {
    const inner = text.slice(inside, root.offset + root.length - 1)
    const eol = text.includes('\r\n') ? '\r\n' : '\n'
    const line = `${eol}  ${key}: [${JSON.stringify(url)}]`
    return { from: inside, to: inside, insert: /[\r\n]/.test(inner) ? line : line + eol }
  }
  const [last = head, previous] = [root.children?.at(-1), root.children?.at(-2)]
  const end = last.offset + last.length
  const [name, value] = last.children ?? []
  const colon = name && value ? text.slice(name.offset + name.length, value.offset) : ': '
  const lead = text.slice(inside, head.offset)
  const blank = /[\r\n]/.test(lead) ? lead : /\s/.test(colon) ? ' ' : ''
  const between = previous ? text.slice(previous.offset + previous.length, last.offset) : `,${blank}`
  return { from: end, to: end, insert: `${between}${key}${colon}[${JSON.stringify(url)}]` }
}

function outOfList(list: Node, index: number): Omit<Cut, 'insert'> {
  const items = list.children ?? []
  const [before, item, after] = [items[index - 1], items[index], items[index + 1]]
  const endOf = ({ offset, length }: Node) => offset + length
  if (item && before) return { from: endOf(before), to: endOf(item) }
  if (item && after) return { from: item.offset, to: after.offset }
  return { from: list.offset + 1, to: endOf(list) - 1 }
}

function propertyOf(object: Node, key: string): Node | undefined {
  return object.children?.find(({ children }) => children?.[0]?.value === key)
}

/** Of two equal keys Go takes the last, and of two that differ in case it takes either (PROTOCOL 4.5). */
function refuseTwins(text: string, node: Node, refuse: Refuse): void {
  const seen = new Set<string>()
  for (const child of node.children ?? []) {
    if (node.type === 'object') {
      const key = String(child.children?.[0]?.value)
      if (seen.has(key)) throw refuse(`${place(text, child.offset)}: the key ${JSON.stringify(key)} is there twice`)
      seen.add(key)
      if (key !== mirrorsKey && key.toLowerCase() === mirrorsKey && node.parent === undefined)
        throw refuse(`${place(text, child.offset)}: the key ${JSON.stringify(key)} is written in another case`)
    }
    for (const below of node.type === 'object' ? (child.children ?? []).slice(1) : [child])
      refuseTwins(text, below, refuse)
  }
}

/** Two spellings of one mirror are one; what is no address is only itself. */
function normal(url: string): string {
  try {
    return parseMirrorUrl(url)
  } catch {
    return url
  }
}

function place(text: string, offset: number): string {
  const lines = text.slice(0, offset).split('\n')
  return `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`
}

function wordsOf(json: typeof import('jsonc-parser'), { error }: ParseError): string {
  const code = json.printParseErrorCode(error)
  if (code === 'InvalidCommentToken') return 'it has a comment'
  return code.replace(/(?<=[a-z])[A-Z]/g, letter => ` ${letter.toLowerCase()}`)
}
