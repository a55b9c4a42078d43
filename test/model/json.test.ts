import { describe, expect, it } from 'vitest'
import { InvalidContentError } from '../../src/model/errors.ts'
import { parseJson } from '../../src/model/json.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('parseJson', () => {
  it.each([
    ['{}'],
    ['[1,2.5e3,"a",true,null]'],
    ['"a:b{[\\"\\\\"'],
    ['{"a":"b:c","b":{"a":[{"a":1},{"a":2}]}}'],
    [' { "\\"" : 1 , "\\\\" : "}" , "" : {} } '],
    ['{"é":"\\u00e9"}'],
    ['{"a":1,"A":2}'],
  ])('reads %s as JSON.parse does', text => {
    expect(parseJson(text, 'x')).toEqual(JSON.parse(text))
    expect(parseJson(bytes(text), 'x')).toEqual(JSON.parse(text))
  })

  it.each([
    ['', 'the token is not JSON'],
    ['{"a":1,}', 'the token is not JSON'],
    ['{} {}', 'the token is not JSON'],
    ['\ufeff{}', 'the token is not JSON'],
    ['NaN', 'the token is not JSON'],
  ])('refuses %j', (text, message) => {
    expect(() => parseJson(bytes(text), 'the token')).toThrow(new InvalidContentError(message))
  })

  it.each([
    ['overlong', [0x22, 0xc0, 0xaf, 0x22]],
    ['cut off', [0x22, 0xe2, 0x82, 0x22]],
    ['Latin-1', [0x22, 0xe9, 0x22]],
    ['a surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
  ])('refuses what is not UTF-8: %s', (_, octets) => {
    expect(() => parseJson(Uint8Array.from(octets), 'the config')).toThrow(
      new InvalidContentError('the config is not UTF-8'),
    )
  })

  it.each([
    ['{"a":1,"a":2}'],
    ['{"a":1,"b":{},"a":2}'],
    ['[[{"x":{"a":{"a":1},"b":[1,{"c":2}],"a":3}}]]'],
    ['{"a":1,"\\u0061":2}'],
    ['{"a\\"":1,"a\\u0022":2}'],
    ['{"__proto__":1,"__proto__":2}'],
    ['{"constructor":1,"constructor":2}'],
    ['{"":1,"":2}'],
    ['{"":1,"a":"\\\\","a":2}'],
    ['{"a" : 1, "a"\n:\t2}'],
  ])('T11: refuses a name that stands twice in one object: %s', text => {
    expect(() => parseJson(text, 'it')).toThrow(/^it has ".*" twice in one object$/)
  })

  it('T12: refuses more than 100 levels', () => {
    const nested = (levels: number) => '[{"a":'.repeat(levels / 2) + 1 + '}]'.repeat(levels / 2)
    expect(parseJson(nested(100), 'it')).toBeInstanceOf(Array)
    expect(() => parseJson(nested(102), 'it')).toThrow('nested deeper than 100 levels')
  })

  it.each([
    ['open', '['.repeat(4 << 20), 'not JSON'],
    ['closed', '['.repeat(2 << 20) + ']'.repeat(2 << 20), 'nested deeper'],
    ['objects', '{"a":'.repeat(500_000) + 1 + '}'.repeat(500_000), 'nested deeper'],
  ])('T12: 4 MiB of brackets, %s, overflow no stack', (_, text, message) => {
    expect(() => parseJson(text, 'it')).toThrow(message)
  })

  it('T12: reads 4 MiB of escapes, of strings and of names', () => {
    expect(parseJson(`"${'\\"'.repeat(2 << 20)}"`, 'it')).toHaveLength(2 << 20)
    expect(parseJson(`[${'"a",'.repeat(1 << 20)}"a"]`, 'it')).toHaveLength((1 << 20) + 1)
    const names = Array.from({ length: 200_000 }, (_, at) => `"key-${at}":1`)
    expect(Object.keys(parseJson(`{${names}}`, 'it') as object)).toHaveLength(200_000)
  })

  it('T26: a key __proto__ is only a key', () => {
    const value = parseJson('{"__proto__":{"layers":[]},"constructor":{"prototype":{"layers":[]}}}', 'it')
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect((value as { layers?: unknown }).layers).toBeUndefined()
    expect(({} as { layers?: unknown }).layers).toBeUndefined()
  })

  it('T15: quotes nothing of content that may be a secret', () => {
    const caught = (() => {
      try {
        return parseJson('{"token": hunter2}', 'the token')
      } catch (error) {
        return error
      }
    })()
    expect(caught).toBeInstanceOf(InvalidContentError)
    expect((caught as Error).cause).toBeUndefined()
    expect((caught as Error).message).not.toContain('hunter2')
  })
})

describe('JSON in which a name may stand twice', () => {
  it('is read with the last of them, and has the same depth as any other', () => {
    expect(parseJson('{"a":1,"b":{"c":1,"c":2},"a":3}', 'x', { repeated: 'last' })).toEqual({ a: 3, b: { c: 2 } })
    expect(() => parseJson(`${'['.repeat(101)}${']'.repeat(101)}`, 'x', { repeated: 'last' })).toThrow('nested deeper')
  })
})
