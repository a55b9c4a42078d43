import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commandHelp, rootHelp, topicHelp } from '../../src/cli/help.ts'
import { type Manifest, type ManifestCommand, readManifest } from '../../src/cli/manifest.ts'

const style = { isTTY: true, color: false, unicode: true, width: 80, height: 24 }
const tags: ManifestCommand = {
  id: 'tags',
  summary: 'list the tags of a repository',
  description: 'One a line.',
  aliases: [],
  hiddenAliases: ['ls'],
  examples: ['regctl tags alpine', { description: 'the newest', command: 'regctl tags alpine --latest' }],
  args: { repository: { name: 'repository', description: 'where to look', required: true } },
  flags: {
    sort: { name: 'sort', type: 'option', options: ['name', 'semver'], default: 'name', summary: 'in which order' },
    long: { name: 'long', char: 'l', type: 'boolean', summary: 'a table' },
    secret: { name: 'secret', type: 'boolean', hidden: true },
    json: { name: 'json', type: 'boolean', helpGroup: 'GLOBAL', summary: 'print one JSON document' },
  },
}
const get: ManifestCommand = { ...tags, id: 'manifest:get', summary: 'print a manifest' }
const hidden: ManifestCommand = { ...tags, id: 'secret', hidden: true }
const manifest: Manifest = { version: '0', commands: { tags, 'manifest:get': get, secret: hidden } }

it('a command: what it does, usage, examples, its flags, the shared ones', () => {
  expect(commandHelp(tags, style).split('\n')).toEqual([
    'list the tags of a repository',
    '',
    'One a line.',
    '',
    'USAGE',
    '  $ regctl tags REPOSITORY [FLAGS]',
    '',
    'EXAMPLES',
    '  $ regctl tags alpine',
    '  # the newest',
    '  $ regctl tags alpine --latest',
    '',
    'ARGUMENTS',
    '  REPOSITORY  where to look',
    '',
    'FLAGS',
    '      --sort name|semver  in which order (default: name)',
    '  -l, --long              a table',
    '',
    'GLOBAL FLAGS',
    '      --json  print one JSON document',
  ])
})

it('a name that is long has a line to itself where the terminal is narrow', () => {
  const flags = {
    from: { name: 'from', type: 'option' as const, helpValue: 'docker|containerd|podman|FILE', summary: 'where' },
    long: { name: 'long', char: 'l', type: 'boolean' as const, summary: 'a table' },
  }
  const page = (width: number) =>
    commandHelp({ ...tags, flags }, { ...style, width })
      .split('\n')
      .slice(-3)
  expect(page(80)).toEqual([
    '      --from docker|containerd|podman|FILE',
    '              where',
    '  -l, --long  a table',
  ])
  expect(page(100)).toEqual([
    'FLAGS',
    '      --from docker|containerd|podman|FILE  where',
    '  -l, --long                                a table',
  ])
})

it('the front page: commands and topics, nothing hidden, three examples', () => {
  const page = rootHelp(manifest, style)
  expect(page).toMatch(/^LOOK\n {2}tags {2}list the tags/m)
  expect(page).toMatch(/^ {2}manifest {2}get$/m)
  expect(page).not.toMatch(/secret|\bls\b/)
  expect(page.match(/^ {2}\$ regctl (?!COMMAND)/gm)).toHaveLength(3)
})

it('a topic: its commands', () => {
  expect(topicHelp(manifest, 'manifest', style)).toMatch(/^ {2}manifest get {2}print a manifest$/m)
})

describe('our own pages', async () => {
  const real = await readManifest(join(import.meta.dirname, '..', '..'))

  it.each([80, 100, 160])('stay within %d columns', width => {
    const pages = [
      rootHelp(real, { ...style, width }),
      ...Object.values(real.commands).map(each => commandHelp(each, { ...style, width })),
    ]
    for (const line of pages.join('\n').split('\n')) {
      if (!line.startsWith('  $ ')) expect(line.length, line).toBeLessThanOrEqual(width)
    }
  })

  it('have no escape sequence without colour, and some with it', () => {
    expect(rootHelp(real, style)).not.toContain('\u001b')
    expect(rootHelp(real, { ...style, color: true })).toContain('\u001b[1mUSAGE\u001b[22m')
  })
})
