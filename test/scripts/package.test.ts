import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { runCli } from '../helpers/cli.ts'

const root = join(import.meta.dirname, '..', '..')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const folder = join(root, 'dist/lib')
const read = (file: string) => readFileSync(join(folder, file), 'utf8')

describe('the package', () => {
  let files: string[] = []
  beforeAll(async () => {
    // Builds where sources are newer.
    await runCli(['--version'])
    files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  })

  it('installs what the library imports and what the program leaves outside of its bundle, and nothing else', () => {
    const imports = /(?:\bfrom |\bimport\()'((?:@[\w-]+\/)?[a-z][\w-]*)(?:\/[^']*)?'/g
    const imported = files
      .filter(file => file.endsWith('.js'))
      .flatMap(file =>
        [
          ...read(file)
            .replace(/^\s*(?:\/?\*|\/\/).*$/gm, '')
            .matchAll(imports),
        ].map(([, name]) => name),
      )
    const program = ['regctl.cjs', 'docker-credential-regctl.cjs'].flatMap(file => {
      const outside = /(?:requireOutside|require\.resolve)\("((?:@[\w-]+\/)?[a-z][\w-]*)[^"]*"\)/g
      return [...readFileSync(join(root, 'dist/bin', file), 'utf8').matchAll(outside)].map(([, name]) => name)
    })
    const installed = { ...manifest.dependencies, ...manifest.optionalDependencies }
    expect([...new Set([...imported, ...program])].sort()).toEqual(Object.keys(installed).sort())
  })

  it('has types for every module, and none of them is any', () => {
    const types = files.filter(file => file.endsWith('.d.ts'))
    expect(types.map(file => file.replace(/\.d\.ts$/, '.js'))).toEqual(
      types.map(file => file.replace(/\.d\.ts$/, '.js')).filter(file => existsSync(join(folder, file))),
    )
    expect(types.filter(file => /[:<|(,] ?any\b/.test(read(file).replace(/^\s*\/?\*.*$/gm, '')))).toEqual([])
    expect(types.length).toBeGreaterThan(100)
  })

  it('names only files that are there', () => {
    const named: string[] = [
      ...manifest.files.filter((file: string) => !file.startsWith('!')),
      ...Object.values<string>(manifest.bin),
      ...Object.values<string>(manifest.exports['.']),
      manifest.types,
      'README.md',
      'LICENSE',
    ]
    expect(named.filter(file => !existsSync(join(root, file)))).toEqual([])
  })
})
