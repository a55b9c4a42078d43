#!/usr/bin/env node
// Nothing is imported before it is known what is asked: `--version` answers in little more than the time Node takes to start.
const { dirname, join } = process.getBuiltinModule('node:path')
const root = dirname(import.meta.dirname)
const argv = process.argv.slice(2)

if (argv[0] === '--version' || argv[0] === '-V') {
  const { readFileSync, writeSync } = process.getBuiltinModule('node:fs')
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  try {
    writeSync(1, `regctl/${version} ${process.platform}-${process.arch} node-${process.version}\n`)
  } catch {
    // Nobody reads it any more.
  }
} else {
  // Never Node's default folder under /tmp: whoever else can write there could leave us compiled code to run.
  const cache = process.env.XDG_CACHE_HOME || (process.env.HOME && join(process.env.HOME, '.cache'))
  // Node 22.1 and newer.
  if (cache)
    Reflect.get(process.getBuiltinModule('node:module'), 'enableCompileCache')?.(join(cache, 'regctl', 'compiled'))
  // The name is put together so that type checking works before the first build.
  const { main } = await import(new URL('../dist/bin/main.js', import.meta.url).href)
  await main(argv, { root })
}
