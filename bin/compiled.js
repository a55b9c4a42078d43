const {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} = require('node:fs')
const { createHash } = require('node:crypto')
const { createRequire } = require('node:module')
const { basename, dirname, join } = require('node:path')

/** Files kept: one for each command that is used, of a few versions. */
const most = 40

/**
 * Loads a bundle with what V8 made of it in an earlier run, kept in the user's own cache folder: a third of the time until the first request.
 * Newer Nodes do that by themselves; never in their default folder under /tmp: whoever else can write there could leave us compiled code to run.
 * @param {string} file
 * @param {readonly string[]} argv what is asked: other commands use other functions
 */
exports.load = (file, argv) => {
  const caches = process.env.XDG_CACHE_HOME || (process.env.HOME && join(process.env.HOME, '.cache'))
  if (!caches) return require(file)
  const folder = join(caches, 'regctl', 'compiled')
  if (![caches, dirname(folder), folder].every(isSafe)) return require(file)
  // Node 22.1 and newer.
  const enable = Reflect.get(require('node:module'), 'enableCompileCache')
  if (!enable) return exports.loadKept(file, { folder, use: useOf(argv) })
  enable(folder)
  return require(file)
}

/**
 * @param {string} file a bundle whose last line names its contents
 * @param {{ folder: string, use: string }} place
 */
exports.loadKept = (file, { folder, use }) => {
  const { Script } = require('node:vm')
  const source = readFileSync(file, 'utf8')
  // V8 itself looks at no more than the length.
  const [, hash] = /\n\/\/ ([0-9a-f]{16,64})\s*$/.exec(source.slice(-80)) ?? []
  const path = join(folder, `${basename(file)}-${hash}-${process.version}-${process.arch}-${use}`)
  const kept = hash && read(path)
  const code = `(function (exports, require, module, __filename, __dirname) { ${source}\n})`
  const script = new Script(code, { filename: file, ...(kept && { cachedData: kept }) })
  if (hash && (!kept || script.cachedDataRejected)) process.once('exit', status => status === 0 && keep(path, script))
  const module = { exports: {} }
  script.runInThisContext().call(module.exports, module.exports, createRequire(file), module, file, dirname(file))
  return module.exports
}

/**
 * Whether nobody but this user can put something into a folder, or make it where it is missing: with sudo, HOME may be somebody else's, and root
 * would run what they left there, or write through their links (T25).
 * @param {string} folder
 * @returns {boolean}
 */
function isSafe(folder) {
  try {
    const found = statSync(folder, { throwIfNoEntry: false })
    if (!found) return folder !== dirname(folder) && isSafe(dirname(folder))
    if (process.platform === 'win32') return true
    return found.uid === (process.getuid?.() ?? found.uid) && (found.mode & 0o002) === 0
  } catch {
    return false
  }
}

/** @param {readonly string[]} argv */
function useOf(argv) {
  if (argv.some(word => /^(?:-h|--help|help)$/.test(word))) return 'help'
  return argv.find(word => /^[a-z]{1,20}$/.test(word)) ?? 'program'
}

/**
 * Only what this user wrote, nobody else can write, and no disk has damaged: V8 would crash over it.
 * @param {string} path
 */
function read(path) {
  try {
    const opened = openSync(path, 'r')
    try {
      const { uid, mode } = fstatSync(opened)
      if (uid !== (process.getuid?.() ?? uid) || (mode & 0o022) !== 0) return undefined
      const bytes = readFileSync(opened)
      const data = bytes.subarray(32)
      return digest(data).equals(bytes.subarray(0, 32)) ? data : undefined
    } finally {
      closeSync(opened)
    }
  } catch {
    return undefined
  }
}

/**
 * Whole or not at all; a cache that cannot be written is none.
 * @param {string} path
 * @param {import('node:vm').Script} script
 */
function keep(path, script) {
  try {
    const folder = dirname(path)
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const fresh = `${path}.${process.pid}`
    // Where nothing can be written, nothing is made: that takes as long as it saves.
    const opened = openSync(fresh, 'wx', 0o600)
    try {
      const data = script.createCachedData()
      writeFileSync(opened, Buffer.concat([digest(data), data]))
    } finally {
      closeSync(opened)
    }
    renameSync(fresh, path)
    const files = readdirSync(folder).map(name => ({ name, time: statSync(join(folder, name)).mtimeMs }))
    for (const { name } of files.sort((a, b) => b.time - a.time).slice(most))
      rmSync(join(folder, name), { force: true })
  } catch {
    // The next run may have more luck.
  }
}

/** @param {Uint8Array} data */
function digest(data) {
  return createHash('sha256').update(data).digest()
}
