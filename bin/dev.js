#!/usr/bin/env node
// The command line from src/, without a build, from any folder.
const { dirname, join } = require('node:path')
const { pathToFileURL } = require('node:url')

async function run() {
  const { register } = await import('tsx/esm/api')
  register()
  const { commandFiles, makeManifest } = await import('../scripts/manifest.js')
  const { main } = await import('../src/cli/main.ts')
  const root = dirname(__dirname)
  const files = await commandFiles(join(root, 'src/commands'))
  await main(process.argv.slice(2), {
    root,
    manifest: await makeManifest(root),
    load: id => import(pathToFileURL(files.get(id) ?? '').href),
  })
}
run()
