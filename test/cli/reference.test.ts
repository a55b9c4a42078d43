import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readManifest } from '../../src/cli/manifest.ts'
import { referencePage } from '../../src/cli/reference.ts'

const root = join(import.meta.dirname, '../..')

it('docs/commands.md is what the program says; if not: npm run build && npm run docs', async () => {
  expect(await readFile(join(root, 'docs/commands.md'), 'utf8')).toBe(referencePage(await readManifest(root)))
})

it('shows every command, and what they share once', async () => {
  const page = referencePage(await readManifest(root))
  expect(page).toContain('## regctl copy')
  expect(page).toContain('Also known as `cp`, `image copy`.')
  expect(page.split('--plain-http')).toHaveLength(2)
  expect(page).toContain('| [artifact list](#regctl-artifact-list) | list what refers to an image |\n')
  expect(page.match(/^\| \[.*\]\(#regctl-/gm)).toHaveLength(page.match(/^## regctl /gm)?.length ?? 0)
})
