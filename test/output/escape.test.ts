import { describe, expect, it } from 'vitest'
import { escapeJson, escapeJsonLine, escapeText } from '../../src/output/escape.ts'

const hostile: [name: string, text: string, shown: string][] = [
  ['a window title (OSC)', '\u001b]0;x\u0007', '\\x1b]0;x\\x07'],
  ['clear screen (CSI)', 'a\u001b[2Jb', 'a\\x1b[2Jb'],
  ['a C1 CSI', '\u009b31m', '\\x9b31m'],
  ['a C1 NEL', 'a\u0085b', 'a\\x85b'],
  ['delete', '\u007f', '\\x7f'],
  ['a bidi override', '\u202egpj.exe', '\\u202egpj.exe'],
  ['bidi isolates', '\u2066a\u2069', '\\u2066a\\u2069'],
  ['bidi marks', '\u200ea\u200f\u061c', '\\u200ea\\u200f\\u061c'],
  ['line separators', 'a\u2028b\u2029', 'a\\u2028b\\u2029'],
  ['carriage return', 'safe\revil', 'safe\\revil'],
  ['a workflow command on a new line', 'x\n::set-output name=a::b', 'x\\n::set-output name=a::b'],
  ['a workflow command at the start', '::error::x', '\\x3a:error::x'],
  ['an indented workflow command', '  ::error::x', '  \\x3a:error::x'],
  ['an azure command', '##[error]x', '\\x23#[error]x'],
  ['a null byte', 'a\0b', 'a\\x00b'],
  ['a lone surrogate', 'a\ud800b', 'a\\ud800b'],
]

describe('escapeText', () => {
  it.each(hostile)('T14: shows %s', (_, text, shown) => expect(escapeText(text)).toBe(shown))

  it.each(['v1.2.3', 'naïve café', '新しい', '👩‍🚀 ok', 'a::b', '#1', ''])('leaves %j alone', text =>
    expect(escapeText(text)).toBe(text),
  )
})

describe('escapeJson', () => {
  it.each(hostile)('T14: keeps %s out, and reads back as it was', (_, text) => {
    for (const json of [escapeJson({ [text]: text }), escapeJsonLine({ [text]: text })]) {
      expect(json.replaceAll('\n', '')).not.toMatch(
        /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u061c\u2028-\u202e\u2066-\u2069]/,
      )
      expect(JSON.parse(json)).toEqual({ [text]: text })
    }
  })

  it('indents for people, or stands on one line', () => {
    expect(escapeJson({ a: [1] })).toBe('{\n  "a": [\n    1\n  ]\n}')
    expect(escapeJsonLine({ a: '\n' })).toBe('{"a":"\\n"}')
    expect(escapeJson(undefined)).toBe('null')
  })
})
