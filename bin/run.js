#!/usr/bin/env node
// Nothing is loaded before it is known what is asked: `--version` answers in little more than the time Node takes to start.
const { dirname, join } = require('node:path')
const root = dirname(__dirname)
const argv = process.argv.slice(2)

// Most of its kind have it as a command.
if (['--version', '-V', 'version'].includes(argv[0] ?? '')) {
  const { readFileSync, writeSync } = require('node:fs')
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  try {
    writeSync(1, `regctl/${version} ${process.platform}-${process.arch} node-${process.version}\n`)
  } catch {
    // Nobody reads it any more.
  }
} else {
  const { load } = require('./compiled.js')
  const { main, commands } = load(join(root, 'dist/bin/regctl.cjs'), argv)
  main(argv, { root, load: (/** @type {string} */ id) => commands[id]() })
}
