import { expect, it } from 'vitest'
import { parseWarnings } from '../../src/http/warnings.ts'

it.each<[string, string | undefined, string[]]>([
  ['none', undefined, []],
  ['one', '299 - "moves to v3"', ['moves to v3']],
  ['several in one header', '299 - "one", 299 registry.test "two"', ['one', 'two']],
  ['several headers, as Node joins them', '299 - "one",  299 - "two"', ['one', 'two']],
  ['the same twice', '299 - "one", 299 - "one"', ['one']],
  ['quoted pairs and commas', String.raw`299 - "say \"hi\", C:\\x"`, ['say "hi", C:\\x']],
  ['a date after the text', '299 - "old" "Wed, 21 Oct 2015 07:28:00 GMT"', ['old']],
  ['other codes', '110 - "stale", 299 - "one"', ['one']],
  ['UTF-8', Buffer.from('299 - "für"').toString('latin1'), ['für']],
  ['no quotes', '299 - nothing', []],
  ['an open quote', '299 - "never closed', []],
  ['an empty text', '299 - ""', []],
])('item 24: %s', (_, warning, expected) => {
  expect(parseWarnings(warning === undefined ? {} : { warning })).toEqual(expected)
})

it('item 24: stops at 4096 bytes', () => {
  const warnings = parseWarnings({ warning: `299 - "a", 299 - "${'b'.repeat(5000)}", 299 - "c"` })
  expect(warnings).toEqual(['a'])
})

it('T26: takes a hostile header in its stride', () => {
  expect(parseWarnings({ warning: '299 - "'.repeat(200_000) }).join('').length).toBeLessThanOrEqual(4096)
  expect(parseWarnings({ warning: `299 - "${'\\'.repeat(1_000_000)}` })).toEqual([])
})
