#!/usr/bin/env node
// The command line from src/, without a build, from any folder.
import { join } from 'node:path'
import { register } from 'tsx/esm/api'

register()
const { makeManifest } = await import('../scripts/manifest.js')
const { main } = await import('../src/cli/main.ts')
const root = join(import.meta.dirname, '..')
await main(process.argv.slice(2), { root, manifest: await makeManifest(root, 'src/commands') })
