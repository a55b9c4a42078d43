import { controls } from '../model/controls.ts'

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }
/** A CI runner takes a line that begins so for a command of its own. */
const workflowCommand = /^(\s*)(?:(:):|(#)#\[)/

/** Foreign text made visible on one line: `\x1b`, `\u202e`, `\n`; a leading `::` or `##[` becomes `\x3a:` or `\x23#[` (T14). */
export function escapeText(text: string): string {
  return text
    .replace(controls, visible)
    .replace(workflowCommand, (all, space: string, colon?: string) =>
      colon ? `${space}\\x3a:` : `${all.slice(0, space.length)}\\x23#[`,
    )
}

/** Indented JSON in which no control or bidi character stands raw: all are `\u00xx` (T14). `undefined` is `null`. */
export function escapeJson(value: unknown): string {
  const json = JSON.stringify(value, null, 2) ?? 'null'
  return json.replace(controls, character => (character === '\n' ? character : unicodeEscape(character)))
}

/** As {@link escapeJson}, on one line: for a stream of events. */
export function escapeJsonLine(value: unknown): string {
  return (JSON.stringify(value) ?? 'null').replace(controls, unicodeEscape)
}

function visible(character: string): string {
  const code = character.charCodeAt(0)
  return named[character] ?? (code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : unicodeEscape(character))
}

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
