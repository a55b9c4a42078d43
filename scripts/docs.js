// Writes docs/commands.md from oclif.manifest.json, which the build makes.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { register } from 'tsx/esm/api'

register()
const { readManifest } = await import('../src/cli/manifest.ts')
const { referencePage } = await import('../src/cli/reference.ts')
const root = join(import.meta.dirname, '..')
await writeFile(join(root, 'docs/commands.md'), referencePage(await readManifest(root)))
