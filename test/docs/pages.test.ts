import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type ManifestCommand, readManifest, wordsOf } from '../../src/cli/manifest.ts'
import { commandsOf, problemOf } from './spelling.ts'

const root = join(import.meta.dirname, '..', '..')
const pages = [
  ...['README.md', 'README.zh-CN.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'bench/README.md'],
  ...readdirSync(join(root, 'docs')).map(name => `docs/${name}`),
]
const read = (page: string) => readFileSync(join(root, page), 'utf8')
const { commands } = readManifest(root)

describe.each(pages)('%s', page => {
  const text = read(page)

  it('names only commands and flags that there are, and as many arguments as they take', () => {
    const problems = commandsOf(text).flatMap(line => problemOf(line, commands) ?? [])
    expect(problems).toEqual([])
  })

  it('links only to pages and headings that there are', () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)\s]*)\)/g)].map(([, link = '']) => link)
    const broken = links.filter(link => {
      const [path = '', heading] = link.split('#')
      const file = path === '' ? page : join(dirname(page), path)
      if (!existsSync(join(root, file))) return true
      return heading !== undefined && !headingsOf(read(file)).includes(heading)
    })
    expect(broken).toEqual([])
  })
})

/** As GitHub makes anchors of them. */
function headingsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

describe('help', () => {
  const examples = Object.values(commands).flatMap((command: ManifestCommand) =>
    (command.examples ?? []).map(example => [
      typeof example === 'string' ? example : example.command,
      wordsOf(command.id),
    ]),
  )

  it.each(examples)('example: %s', line => {
    expect(commandsOf(`\`\`\`\n${line}\n\`\`\``).map(each => problemOf(each, commands))).not.toEqual([])
    expect(commandsOf(`\`\`\`\n${line}\n\`\`\``).flatMap(each => problemOf(each, commands) ?? [])).toEqual([])
  })

  it.each(Object.values(commands).map(command => [wordsOf(command.id), command] as const))(
    '%s has a summary and an example',
    (_, command) => {
      expect(command.summary).toMatch(/^[a-z].*[^.]$/)
      expect(command.examples?.length).toBeGreaterThan(0)
    },
  )
})

describe('docs/moving.md', () => {
  const rows = [...read('docs/moving.md').matchAll(/^\| (.+) \| (.+) \| yes \|$/gm)]
  const theirs = rows.flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, words = '']) => words))

  it.each(theirs)('`%s` are words that regctl knows', words => {
    // What the cell says without its arguments counts as a name alone.
    const isWhole = / [A-Z.a-z@:/-]+$/.test(words)
    expect(problemOf({ line: `regctl ${words}`, isWhole }, commands)).toBeUndefined()
  })

  it('has some for each tool', () => expect(theirs.length).toBeGreaterThan(40))
})

describe('docs/environment.md', () => {
  const text = read('docs/environment.md')
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .map(file => readFileSync(join(root, 'src', file), 'utf8'))

  it('names every variable that is read', () => {
    // Of a CGI program; and what a shell always has.
    const known = new Set(['HOME', 'REQUEST_METHOD'])
    const variables = sources.flatMap(source =>
      [...source.matchAll(/\benv\.([A-Z][A-Z_]+)/g)].map(([, name = '']) => name),
    )
    expect(variables.length).toBeGreaterThan(15)
    expect([...new Set(variables)].filter(name => !known.has(name) && !text.includes(`\`${name}\``))).toEqual([])
  })

  it('docs/registries.md and docs/mirrors.md name every key of the configuration', () => {
    const source = readFileSync(join(root, 'src/config/file.ts'), 'utf8')
    const tables = /const amounts[\s\S]*?as const|const hostKeys[\s\S]*?\n}|const mirrorKeys[\s\S]*?\n}/g
    const keys = [...source.matchAll(tables)].flatMap(([table]) =>
      [...table.matchAll(/^ {2}(\w+):/gm)].map(([, key = '']) => key),
    )
    expect(keys.length).toBeGreaterThan(15)
    const told = read('docs/registries.md') + read('docs/mirrors.md')
    expect(
      ['jobs', 'hosts', 'mirrorsFrom', ...keys].filter(
        key => !told.includes(`"${key}"`) && !told.includes(`\`${key}\``),
      ),
    ).toEqual([])
  })
})

describe('docs/exit-codes.md', () => {
  it('has every code under its exit', async () => {
    const { exitCodes } = await import('../../src/cli/exit-codes.ts')
    const rows = [...read('docs/exit-codes.md').matchAll(/^\| ([\d, ]+) \| .* \| (.*) \|$/gm)]
    const told = rows.flatMap(([, exits = '', codes = '']) =>
      [...codes.matchAll(/`(\w+)`/g)].map(([, code], at) => [code, Number(exits.split(', ')[at] ?? exits)]),
    )
    expect(Object.fromEntries(told)).toEqual(exitCodes)
  })
})

describe('the reader of commands', () => {
  it.each([
    ['regctl tags', 'regctl tags needs 1 argument at least'],
    ['regctl tags a b', 'regctl tags takes 1 argument at most'],
    ['regctl tags a --nope', 'regctl tags has no flag --nope'],
    ['regctl nope', 'there is no regctl nope'],
    ['regctl cp a b --platform linux/amd64 | regctl tags', 'regctl tags needs 1 argument at least'],
    ['sudo regctl mirror add', 'regctl mirror add needs 1 argument at least'],
    ["A=b regctl login -u 'a b' c d", 'regctl login takes 1 argument at most'],
    ['x=$(regctl digest)', 'regctl digest needs 1 argument at least'],
    ['regctl webhook listen --exec x -- --nope', undefined],
    ['regctl --help', undefined],
    ['regctl copy a b && regctl tag a b c d # x', undefined],
  ])('%s: %s', (line, problem) => {
    const [found] = commandsOf(`\`\`\`\n${line}\n\`\`\``).flatMap(each => problemOf(each, commands) ?? [])
    expect(found).toBe(problem)
  })
})
