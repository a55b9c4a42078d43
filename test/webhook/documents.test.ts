import { describe, expect, it } from 'vitest'
import { readDocuments } from '../../src/webhook/documents.ts'
import { payloads } from './payloads.ts'

const oneLine = (text: string) => text.replaceAll('\n', '')

describe('one document, or one on each line', () => {
  it.each([
    ['one over several lines', payloads.hub, ['docker-hub']],
    ['one with a line break at its end', `${oneLine(payloads.nexus)}\n`, ['nexus']],
    ['three lines, one empty', [payloads.hub, '', payloads.nexus].map(oneLine).join('\r\n'), ['docker-hub', 'nexus']],
    ['a list', `[${payloads.harborPush},\n${payloads.harborPull}]`, ['harbor', 'harbor']],
  ])('%s', (_what, text, products) => {
    expect(readDocuments(text, 'stdin').events.map(({ product }) => product)).toEqual(products)
  })

  it.each([
    ['nothing', '', 'stdin is not JSON'],
    ['empty lines', '\n\n\n', 'stdin is not JSON'],
    ['a line that is none', `${oneLine(payloads.hub)}\n{"a`, 'stdin, line 2: the notice is not JSON'],
    ['a line of somebody else', `${oneLine(payloads.hub)}\n\n{}`, 'stdin, line 3: the notice is none of'],
    ['a name twice', '{"a":1,\n"a":2}', 'stdin has "a" twice'],
  ])('refuses %s', (_what, text, message) => {
    expect(() => readDocuments(text, 'stdin')).toThrow(message)
  })
})
