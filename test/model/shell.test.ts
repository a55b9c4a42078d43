import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { shellWord } from '../../src/model/shell.ts'

it.each([
  ['nginx:1.27', 'nginx:1.27'],
  ['a/b@sha256:0_+=%,-', 'a/b@sha256:0_+=%,-'],
  ['', "''"],
  ['~', "'~'"],
  ['a b', "'a b'"],
  ["it's", "'it'\\''s'"],
  ['$(id)', "'$(id)'"],
  ['a\nb', "'a\nb'"],
  ['!x', "'!x'"],
  ['*', "'*'"],
])('%j is %s', (word, expected) => expect(shellWord(word)).toBe(expected))

it('T24: a shell takes it for one word, whatever is in it', () => {
  const words = ['', ' ', "'", "''\\''", '$HOME', '`id`', 'a;b', '\\', '"', '#', '-n', 'ä\n\t', '>x', '{a,b}']
  const script = `printf '%s\\0' ${words.map(shellWord).join(' ')}`
  expect(execFileSync('/bin/sh', ['-c', script]).toString().split('\0').slice(0, -1)).toEqual(words)
})
