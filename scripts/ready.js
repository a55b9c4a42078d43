// Makes a clone ready to run: installs what is missing, builds what is stale. Says one line for each on stderr; silent and
// quick when there is nothing to do. Several may run at the same time.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { homedir, tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stampOf } from './stamp.js'

const root = join(import.meta.dirname, '..')
const lock = join(tmpdir(), `regctl-ready-${createHash('sha256').update(root).digest('hex').slice(0, 16)}`)
const staleAfter = 10 * 60_000

if (!(await isReady())) await alone(makeReady)

async function isReady() {
  return isInstalled() && (await isBuilt())
}

async function makeReady() {
  if (!isInstalled()) {
    const options = ['--include=dev', '--include=optional', '--no-audit', '--no-fund']
    // `npm ci` refuses the lock file behind a mirror that lacks some package of another platform; `npm install` takes the same versions.
    if (!tries('installing dependencies', 'npm', ['ci', '--silent', ...options])) {
      run('installing without npm ci', 'npm', ['install', '--no-save', ...options])
    }
  }
  if (!(await isBuilt())) run('building', process.execPath, ['scripts/build.js'])
}

/** Whether everything in the lock file that is not optional is there in its version. */
function isInstalled() {
  const wanted = packagesIn('package-lock.json')
  const present = packagesIn('node_modules/.package-lock.json')
  return Object.entries(wanted).every(
    ([path, { version, optional, devOptional }]) =>
      path === '' || optional || devOptional || present[path]?.version === version,
  )
}

/**
 * @param {string} file
 * @returns {Record<string, { version?: string, optional?: boolean, devOptional?: boolean }>}
 */
function packagesIn(file) {
  const text = read(file)
  return text === '' ? {} : JSON.parse(text).packages
}

async function isBuilt() {
  return read('dist/.stamp') === (await stampOf(root))
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(join(root, file), 'utf8')
  } catch {
    return ''
  }
}

/**
 * @param {string} what
 * @param {string} command
 * @param {string[]} args
 */
function run(what, command, args) {
  if (tries(what, command, args)) return
  process.stderr.write(`regctl: ${what} failed\n`)
  process.exit(1)
}

/**
 * @param {string} what
 * @param {string} command
 * @param {string[]} args
 */
function tries(what, command, args) {
  process.stderr.write(`regctl: ${what} …\n`)
  const { status } = spawnSync(command, args, {
    cwd: root,
    env: { ...process.env, ...npmSettings() },
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  return status === 0
}

/** Where HOME is an empty folder, the mirror and proxy of the account's own .npmrc are still what reaches a registry. */
function npmSettings() {
  const own = join(userInfo().homedir, '.npmrc')
  const chosen = Object.keys(process.env).some(name => name.toLowerCase() === 'npm_config_userconfig')
  return chosen || existsSync(join(homedir(), '.npmrc')) || !existsSync(own) ? {} : { npm_config_userconfig: own }
}

/**
 * A folder is the lock: making one succeeds for one process only.
 * @param {() => Promise<void>} work
 */
async function alone(work) {
  while (!take()) await sleep(200)
  process.on('exit', release)
  await work()
}

function take() {
  try {
    mkdirSync(lock)
    return true
  } catch {
    const { mtimeMs = Date.now() } = statSync(lock, { throwIfNoEntry: false }) ?? {}
    if (Date.now() - mtimeMs > staleAfter) release()
    return false
  }
}

/** No error where another that found it stale was quicker. */
function release() {
  rmSync(lock, { recursive: true, force: true })
}
