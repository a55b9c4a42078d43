import { expect, it } from 'vitest'
import { parseWarnings, warnings } from '../../src/http/warnings.ts'
import { answer } from '../helpers/http-send.ts'

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

it('item 24: tells each warning once a host, and not without end', async () => {
  const told: string[] = []
  const tell = warnings(({ host, text }) => told.push(`${host}: ${text}`))
  let said = '299 - "old"'
  const send = tell(async ({ url }) => answer(200, { url, headers: { warning: said } }))
  for (const host of ['a.test', 'a.test', 'b.test']) await send({ method: 'GET', url: `https://${host}/v2/` })
  expect(told).toEqual(['a.test: old', 'b.test: old'])
  for (let at = 0; at < 500; at++) {
    said = `299 - "${at}"`
    await send({ method: 'GET', url: 'https://a.test/' })
  }
  expect(told).toHaveLength(100)
})
