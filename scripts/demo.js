// `npm start`: the main job, shown with each command as a person would type it and what it really prints.
// Everything happens in a temporary folder and on loopback; nothing of the user's is read or written, nothing is left.
// `node scripts/demo.js PROGRAM.js` shows another build.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { styleText } from 'node:util'
import { hash } from 'bcryptjs'
import { buildImage } from './demo-image.js'

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */

const project = join(import.meta.dirname, '..')
const program = resolve(process.argv[2] ?? join(project, 'bin', 'run.js'))
const folder = mkdtempSync(join(tmpdir(), 'regctl-demo-'))
const password = 'correct horse battery staple'

/** @type {Set<ChildProcess>} */
const children = new Set()
const patience = 60_000
let leaving = false

for (const [signal, code] of /** @type {const} */ ([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
])) {
  process.once(signal, () => leave(code))
}
try {
  await show()
  await leave(0)
} catch (error) {
  if (!leaving) console.error(`\nThe show stopped: ${error instanceof Error ? error.message : error}`)
  await leave(1)
}

async function show() {
  say('Two registries on this machine, in memory; the first one wants a password.')
  writeFileSync(join(folder, 'users'), `demo:${await hash(password, 5)}\n`)
  writeFileSync(join(folder, 'password'), password)
  const first = await serve('--port', '0', '--htpasswd', 'users')
  const second = await serve('--port', '0')

  say('An image for two platforms, made of files of this project, as an OCI layout in the folder `app`.')
  const platforms = ['linux/amd64', 'linux/arm64/v8']
  const files = ['README.md', 'LICENSE', 'package.json', 'package-lock.json', 'bin/run.js'].filter(path =>
    existsSync(join(project, path)),
  )
  const built = buildImage(join(folder, 'app'), { tag: '1.0.0', platforms, project, files })
  console.log(built)

  const image = `${first}/demo/app`
  say('Log in and push it.')
  await regctl(['login', first, '--username', 'demo', '--password-stdin', '--store', 'file'], 'password')
  await regctl(['whoami', first])
  await regctl(['copy', 'oci:app:1.0.0', `${image}:1.0.0`])
  await regctl(['copy', `${image}:1.0.0`, `${image}:latest`])

  say('Look around.')
  await regctl(['repos', first])
  await regctl(['tags', image])
  await regctl(['tags', image, '--long'])
  await regctl(['inspect', `${image}:1.0.0`])
  await regctl(['inspect', `${image}:1.0.0`, '--platform', 'linux/arm64'])

  say('Copy it to the other registry, and once more: the second time nothing has to move.')
  const target = `${second}/mirror/app:1.0.0`
  await regctl(['copy', `${image}:1.0.0`, target])
  const again = JSON.parse(await read(['copy', `${image}:1.0.0`, target, '--json']))
  expect(again.bytes?.copied === 0, 'the second copy moved bytes')

  say('The same digest everywhere.')
  const digests = [await read(['digest', `${image}:1.0.0`]), await read(['digest', target])]
  expect(
    digests.every(digest => digest.trim() === built),
    `the digest should be ${built}`,
  )

  say('Log out.')
  await regctl(['logout', first])
  say('Done: the registries stop, the temporary folder goes. `regctl --help` tells the rest.')
}

/**
 * Starts a registry and waits until it tells its address.
 *
 * @param {...string} flags
 * @returns {Promise<string>} `HOST:PORT`
 */
async function serve(...flags) {
  const child = start(['serve', ...flags], ['ignore', 'pipe', 'inherit'], ' &')
  let said = ''
  const address = new Promise((found, lost) => {
    child.stdout?.setEncoding('utf8').on('data', text => {
      process.stdout.write(text)
      said += text
      const host = /https?:\/\/([\w.[\]:-]+)/.exec(said)?.[1]
      if (host && said.includes('\n')) found(host)
    })
    child.once('close', () => lost(new Error('a registry did not start')))
  })
  return withinPatience(address, 'serve')
}

/**
 * Runs one command to its end, at the terminal itself where there is one.
 *
 * @param {string[]} args
 * @param {string} [input] the file that is its standard input
 */
async function regctl(args, input) {
  const child = start(args, [input ? 'pipe' : 'ignore', 'inherit', 'inherit'], input && ` < ${input}`)
  child.stdin?.end(password)
  await finished(child, args)
}

/**
 * Runs one command, shows what it prints and returns that.
 *
 * @param {string[]} args
 */
async function read(args) {
  const child = start(args, ['ignore', 'pipe', 'inherit'])
  let said = ''
  child.stdout?.setEncoding('utf8').on('data', text => {
    process.stdout.write(text)
    said += text
  })
  await finished(child, args)
  return said
}

/**
 * @param {string[]} args
 * @param {import('node:child_process').StdioOptions} stdio
 * @param {string} [after] how the shell line goes on
 */
function start(args, stdio, after = '') {
  console.log(styleText('bold', `$ regctl ${args.join(' ')}${after}`))
  const child = spawn(process.execPath, [program, ...args], { cwd: folder, env: environment(), stdio })
  children.add(child)
  child.once('close', () => children.delete(child))
  return child
}

/** The user's terminal, but none of their credentials, proxies or configuration. */
function environment() {
  const home = join(folder, 'home')
  mkdirSync(home, { recursive: true })
  const kept = /^(PATH|PATHEXT|SYSTEMROOT|TERM|COLORTERM|COLUMNS|LANG|LC_.*|NO_COLOR|FORCE_COLOR|CI|TMPDIR|TEMP|TMP)$/i
  const own = Object.entries(process.env).filter(([name]) => kept.test(name))
  return { ...Object.fromEntries(own), HOME: home, USERPROFILE: home, DOCKER_CONFIG: join(home, '.docker') }
}

/** @param {ChildProcess} child @param {string[]} args */
async function finished(child, args) {
  const [code, signal] = await withinPatience(once(child, 'close'), args[0] ?? '')
  expect(code === 0, `regctl ${args[0]} ended with ${signal ?? code}`)
}

/**
 * @template T
 * @param {Promise<T>} work
 * @param {string} what
 * @returns {Promise<T>}
 */
function withinPatience(work, what) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`regctl ${what} takes over a minute`)), patience)
  })
  return Promise.race([work, /** @type {Promise<never>} */ (late)]).finally(() => clearTimeout(timer))
}

/** @param {string} text */
function say(text) {
  console.log(`\n${styleText('cyan', `# ${text}`)}`)
}

/** @param {boolean} fact @param {string} otherwise */
function expect(fact, otherwise) {
  if (!fact) throw new Error(otherwise)
}

/**
 * Ends what still runs, removes the folder, and exits.
 *
 * @param {number} code
 */
async function leave(code) {
  if (leaving) return
  leaving = true
  const closing = [...children].map(child => {
    const closed = once(child, 'close')
    child.kill('SIGTERM')
    setTimeout(() => child.kill('SIGKILL'), 3000).unref()
    return closed
  })
  await Promise.allSettled(closing)
  rmSync(folder, { recursive: true, force: true })
  process.exit(code)
}
