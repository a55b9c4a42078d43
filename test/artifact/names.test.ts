import { describe, expect, it } from 'vitest'
import { safeName } from '../../src/artifact/names.ts'

describe('T9: a title becomes a path', () => {
  it.each([
    ['a.txt', 'a.txt'],
    ['dir/sub/a.txt', 'dir/sub/a.txt'],
    ['./a.txt', 'a.txt'],
    ['dir//a.txt', 'dir/a.txt'],
    ['.env', '.env'],
    ['..a', '..a'],
    ['a b/c d.txt', 'a b/c d.txt'],
    ['é漢🙂.txt', 'é漢🙂.txt'],
    ['console.log', 'console.log'],
  ])('%j stays %j', (title, path) => {
    expect(safeName(title)).toEqual({ segments: path.split('/'), isChanged: false })
  })

  it.each([
    ['/etc/passwd', 'passwd'],
    ['../../.ssh/authorized_keys', 'authorized_keys'],
    ['a/../../b', 'b'],
    ['C:\\Windows\\x.dll', 'x.dll'],
    ['C:x', 'C_x'],
    ['file.txt:stream', 'file.txt_stream'],
    ['a\\b.txt', 'b.txt'],
    ['\\\\host\\share\\x', 'x'],
    ['.git/hooks/pre-commit', 'pre-commit'],
    ['.ssh/config', 'config'],
    ['a\u0000b', 'a_b'],
    ['a\nb\u001b[31m', 'a_b_[31m'],
    ['gnp\u202e.exe', 'gnp_.exe'],
    ['zero\u200bwidth', 'zero_width'],
    ['name.', 'name'],
    ['name. . ', 'name'],
    [' name', 'name'],
    ['CON', '_CON'],
    ['dir/nul.txt', '_nul.txt'],
    ['COM1.log', '_COM1.log'],
    ['lpt\u00b9', '_lpt\u00b9'],
    ['what?*', 'what__'],
    ['lone\ud800surrogate', 'lone_surrogate'],
    ['x'.repeat(300), 'x'.repeat(200)],
    ['漢'.repeat(100), '漢'.repeat(66)],
    [`${'d/'.repeat(40)}x`, 'x'],
  ])('%j is cut down to %j', (title, name) => {
    expect(safeName(title)).toEqual({ segments: [name], isChanged: true })
  })

  it.each(['', '/', '.', '..', '../..', './', '\\', ' . ', '..\\..'])('nothing is left of %j', title => {
    expect(safeName(title)).toBeUndefined()
  })

  it('T26: takes no time over a megabyte of anything', () => {
    for (const text of ['a', '/', '.', '\\', '\u202e', ' '])
      expect(() => safeName(text.repeat(1_000_000))).not.toThrow()
  })
})
