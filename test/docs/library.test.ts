import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { transform } from 'esbuild'
import { beforeAll, describe, expect, it } from 'vitest'
import * as library from '../../src/index.ts'
import { closing } from '../helpers/http-send.ts'
import { makeIndex, seed } from '../helpers/images.ts'
import { openShell, readPage, type Shell } from './page.ts'

const root = join(import.meta.dirname, '..', '..')
const { text } = readPage('library.md')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const examplesIn = (markdown: string) =>
  [...markdown.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code)
const examples = examplesIn(text)

/** A folder in which the library is installed, as far as imports can tell. */
function installedIn(folder: string): void {
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules/regctl-js'), 'dir')
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
}

describe('the examples of docs/library.md and README.md', () => {
  it.each([
    ['nodenext', 'nodenext'],
    ['bundler', 'esnext'],
  ])(
    'compile under strict rules and moduleResolution %s',
    async (moduleResolution, module) => {
      const { folder } = closing(await openShell())
      installedIn(folder)
      const all = [...examples, ...examplesIn(readme)]
      expect(all).toHaveLength(8)
      for (const [at, code] of all.entries()) writeFileSync(join(folder, `example-${at}.ts`), code)
      const compilerOptions = {
        ...{ module, moduleResolution, target: 'esnext', strict: true, noEmit: true, exactOptionalPropertyTypes: true },
        // What we ship has to hold by itself.
        ...{ noUncheckedIndexedAccess: true, skipLibCheck: false },
        ...{ types: ['node'], typeRoots: [join(root, 'node_modules/@types')] },
      }
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
      const tsc = join(root, 'node_modules/typescript/bin/tsc')
      const said = await promisify(execFile)(process.execPath, [tsc, '-p', folder]).catch(error => error)
      expect(said.stdout).toBe('')
    },
    120_000,
  )
})

describe('each example of docs/library.md runs', () => {
  let shell: Shell
  let host = ''
  beforeAll(async () => {
    shell = await openShell()
    installedIn(shell.folder)
    const repositories = library.memoryRepositories()
    const image = makeIndex({ platforms: ['linux/amd64', 'linux/arm64/v8'], seed: 'library' })
    for (const tag of ['1.1', '1.2', 'latest']) await seed(await repositories.create('team/app'), image, tag)
    const server = library.createRegistryServer({ repositories })
    const where = await server.listen({ port: 0 })
    host = `${where.host}:${where.port}`
    return async () => {
      await server.close()
      shell.close()
    }
  })

  const digest = /^sha256:[0-9a-f]{64} true\n$/
  it.each([
    ['copy', digest],
    ['options', 'true { copied: 2, skipped: 0 }\n'],
    ['look', /^1\.2 linux\/amd64 linux\/arm64\/v8\n1\.1 \d+\n1\.2 \d+\nlatest \d+\n$/],
    ['bytes', 'application/vnd.oci.image.layer.v1.tar+gzip\n'],
    ['files', `${join('config', 'app.yaml')}\n`],
    ['errors', 'NOT_FOUND\n'],
    ['server', '1.2\n'],
  ] as const)(
    '%s',
    async (name, said) => {
      const at = ['copy', 'options', 'look', 'bytes', 'files', 'errors', 'server'].indexOf(name)
      const here = (examples[at] ?? '')
        .replaceAll('registry.example:5000', host)
        // Node 20 has no Array.fromAsync; the page says so.
        .replace(
          /await Array\.fromAsync\((.*)\)$/m,
          'await (async all => { const got = []; for await (const one of all) got.push(one); return got })($1)',
        )
      const { code } = await transform(here, { loader: 'ts', format: 'esm' })
      shell.write(`${name}.js`, code)
      expect(await shell.run(`${process.execPath} ${name}.js`)).toMatchObject({
        code: 0,
        stderr: '',
        stdout: typeof said === 'string' ? said : expect.stringMatching(said),
      })
    },
    120_000,
  )
})

describe('docs/library.md', () => {
  it('names everything that the library exports, and nothing else', () => {
    const table = text.slice(text.indexOf('## What there is'))
    const rows = [...table.matchAll(/^\| (.+) \| (.+) \|$/gm)]
    const named = rows.flatMap(([, , cell = '']) => [...cell.replace(/; of a client: .*/, '').matchAll(/`(\w+)`/g)])
    expect(named.map(([, name]) => name).sort()).toEqual(Object.keys(library).sort())
  })
})

describe('every export of the library', () => {
  const front = readFileSync(join(root, 'src/index.ts'), 'utf8')
  const exported = [...front.matchAll(/^export (?:type )?\{([^}]*)\} from '\.\/(.*)'$/gm)].flatMap(
    ([, names = '', file = '']) =>
      names
        .split(',')
        .map(name =>
          name
            .replace(/ as .*/, '')
            .replace('type ', '')
            .trim(),
        )
        .filter(Boolean)
        .map(name => [name, file] as const),
  )

  it.each(exported)('%s of %s carries a sentence', (name, file) => {
    const source = readFileSync(join(root, 'src', file), 'utf8')
    const moved = new RegExp(`export type \\{[^}]*\\b${name}\\b[^}]*\\} from '\\./(.*)'`).exec(source)?.[1]
    const home = moved === undefined ? source : readFileSync(join(root, 'src', file, '..', moved), 'utf8')
    expect(home).toMatch(
      new RegExp(`\\*/\\nexport (?:abstract )?(?:async )?(?:function\\*?|const|class|interface|type) ${name}\\b`),
    )
  })
})
