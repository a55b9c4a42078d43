import { describe, expect, it } from 'vitest'
import { lazyRequires, requireBuiltins, requireLibraries } from '../../scripts/bundle-plugins.js'

describe('lazyRequires', () => {
  it.each([
    [
      'const y_1 = require("./y");\nclass X extends y_1.Y {}',
      'let y_1$; const y_1$get = () => y_1$ ??= require("./y");\nclass X extends (y_1$get()).Y {}',
    ],
    [
      'const a_2 = __importDefault(require("a"));\nnew a_2.default(1);',
      'let a_2$; const a_2$get = () => a_2$ ??= __importDefault(require("a"));\nnew (a_2$get()).default(1);',
    ],
    ['const a = require("a");', 'const a = require("a");'],
  ])('%j', (source, lazy) => expect(lazyRequires(source)).toBe(lazy))
})

describe('requireBuiltins', () => {
  it.each([
    ["import { join } from 'node:path'", "const { join } = require('node:path');"],
    [
      "import { type Stats, stat as look } from 'node:fs/promises'",
      "const { stat: look } = require('node:fs/promises');",
    ],
    ["import {\n  a,\n  b,\n} from 'node:fs'", "const { a, b } = require('node:fs');"],
    ["import * as tls from 'node:tls'", "const tls = require('node:tls');"],
    ["import { type Stats } from 'node:fs'", ''],
    ["import type { Stats } from 'node:fs'", "import type { Stats } from 'node:fs'"],
    ["import { got } from 'got'", "import { got } from 'got'"],
    [
      "import { createHash, X509Certificate } from 'node:crypto'",
      "let node_crypto$; function createHash(...args) { return (node_crypto$ ??= require('node:crypto')).createHash(...args) } const { X509Certificate } = require('node:crypto');",
    ],
  ])('%j', (source, required) => expect(requireBuiltins(source)).toBe(required))
})

describe('requireLibraries', () => {
  it.each([
    [
      "const { got } = await import('got')",
      "const { got } = await Promise.resolve().then(() => requireOutside('./libraries/got.cjs'))",
      ['got'],
    ],
    [
      "void import('@a/b').then(use)",
      "void Promise.resolve().then(() => requireOutside('./libraries/@a-b.cjs')).then(use)",
      ['@a/b'],
    ],
    ["import('keytar')", "Promise.resolve().then(() => ({ default: requireOutside('keytar') }))", []],
    ["import('./own.ts')", "import('./own.ts')", []],
    ["import('node:tls')", "import('node:tls')", []],
    ["type Node = import('jsonc-parser').Node", "type Node = import('jsonc-parser').Node", []],
    ["let got: typeof import('got')", "let got: typeof import('got')", []],
  ])('%j', (source, required, libraries) => {
    const found = new Set<string>()
    expect([requireLibraries(source, found), [...found]]).toEqual([required, libraries])
  })
})
