#!/usr/bin/env -S node --import tsx
import { join } from 'node:path'
import { makeManifest } from '../scripts/manifest.js'
import { main } from '../src/cli/main.ts'

const root = join(import.meta.dirname, '..')
await main(process.argv.slice(2), { root, manifest: await makeManifest(root, 'src/commands') })
