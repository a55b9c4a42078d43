import { existsSync } from 'node:fs'
import { helperStore } from '../../src/credentials/helper.ts'

// Asks a helper that hangs, and ends as a second Ctrl-C ends the program: `helper-child.ts PATH FILE`, once the helper wrote FILE.
const [path = '', file = ''] = process.argv.slice(2)
helperStore('hung', { path }).get('ghcr.io')
const waiting = setInterval(() => {
  if (existsSync(file)) process.exit(0)
}, 20)
setTimeout(() => clearInterval(waiting), 20_000).unref()
