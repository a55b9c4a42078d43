import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { completionScript } from '../../src/cli/completion.ts'
import { type Manifest, type ManifestCommand, readManifest } from '../../src/cli/manifest.ts'

const command = (id: string, more: Partial<ManifestCommand> = {}): ManifestCommand => ({
  id,
  summary: `it's ${id}`,
  aliases: [],
  hiddenAliases: [],
  args: {},
  flags: {
    json: { name: 'json', type: 'boolean' },
    progress: { name: 'progress', type: 'option', options: ['auto', 'none'] },
    quiet: { name: 'quiet', char: 'q', type: 'boolean' },
    secret: { name: 'secret', type: 'boolean', hidden: true },
  },
  ...more,
})
const manifest: Manifest = {
  version: '0',
  commands: {
    copy: command('copy'),
    completion: command('completion', { args: { shell: { name: 'shell', options: ['bash', 'zsh'] } } }),
    'manifest:get': command('manifest:get'),
    hidden: command('hidden', { hidden: true }),
  },
}

/** What bash offers for the last of these words. */
function complete(...words: string[]): string[] {
  const script = `${completionScript('bash', manifest)}
COMP_WORDS=(regctl ${words.map(word => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _regctl; echo "\${COMPREPLY[@]}"`
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], { encoding: 'utf8' })
  expect(stderr).toBe('')
  return stdout.trim().split(' ')
}

describe('bash', () => {
  it.each([
    [['co'], ['copy', 'completion']],
    [
      ['manifest', ''],
      ['get', '--help'],
    ],
    [['manifest', 'get', '--j'], ['--json']],
    [
      ['copy', '--progress', ''],
      ['auto', 'none'],
    ],
    [['copy', 'a', '--q'], ['--quiet']],
    [['completion', 'z'], ['zsh']],
    [['h'], ['']],
    [['copy', '--se'], ['']],
  ])('%j offers %j', (words, offered) => expect(complete(...words)).toEqual(offered))
})

describe.each(['zsh', 'fish'] as const)('%s', shell => {
  it('knows commands, flags and choices, and nothing hidden', () => {
    const script = completionScript(shell, manifest)
    for (const word of ['copy', 'manifest', 'get', 'bash', 'progress']) expect(script).toContain(word)
    expect(script).not.toMatch(/secret|hidden|it's/)
  })
})

it('is made from the real manifest too', async () => {
  const real = await readManifest(join(import.meta.dirname, '..', '..'))
  const { status, stderr } = spawnSync('bash', ['-n'], { input: completionScript('bash', real), encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})
