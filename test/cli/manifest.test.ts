import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeManifest } from '../../scripts/manifest.js'
import { idOf, readManifest, wordsOf } from '../../src/cli/manifest.ts'

const root = join(import.meta.dirname, '..', '..')

it('oclif.manifest.json says what the command classes say (npm run build writes it)', async () => {
  const fresh = await makeManifest(root)
  expect(readManifest(root)).toEqual(JSON.parse(JSON.stringify(fresh)))
})

it('every command has a summary, examples and no name or alias of another', async () => {
  const commands = Object.values(readManifest(root).commands)
  const names = commands.flatMap(({ id, aliases, hiddenAliases }) => [id, ...[...aliases, ...hiddenAliases].map(idOf)])
  expect(new Set(names).size).toBe(names.length)
  for (const { id, summary, examples } of commands) {
    expect(summary, id).toMatch(/^[^.]+[^.]$/)
    expect(examples?.length, id).toBeGreaterThan(0)
  }
})

it('turns words into ids and back', () => {
  expect(idOf('manifest get')).toBe('manifest:get')
  expect(wordsOf('manifest:get')).toBe('manifest get')
})
