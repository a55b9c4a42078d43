import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, statSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import http from 'node:http'
import https from 'node:https'
import { tmpdir, userInfo } from 'node:os'
import { delimiter, join } from 'node:path'
import { hash } from 'bcryptjs'
import { describe } from 'vitest'

/** Where `.ci/tools` puts what it builds; the home is the real one, whatever a test has made of HOME. */
const built = join(process.env.XDG_CACHE_HOME || join(userInfo().homedir, '.cache'), 'regctl-tools')

/** Where a program is: on PATH, or built by `.ci/tools`; `undefined` when it is not. */
export function findTool(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), built]
  return folders.map(folder => join(folder, name)).find(isExecutable)
}

/**
 * A `describe` for tests that need these programs: where one is missing they are skipped and the title says why,
 * and with TEST_REAL=required (as `.ci/run` sets it) the file fails instead.
 */
export function realOrSkip(...tools: readonly string[]): (title: string, body: () => void) => void {
  const missing = tools.filter(tool => findTool(tool) === undefined)
  if (missing.length === 0) return (title, body) => describe(title, body)
  const reason = `needs ${missing.join(' and ')}, which this machine lacks`
  if (process.env.TEST_REAL === 'required') throw new Error(`This test ${reason}; .ci/run should have installed it`)
  return (title, body) => describe.skipIf(true)(`${title} (${reason})`, body)
}

export interface DistributionOptions {
  /** User and password pairs, hashed here; or the text of a finished htpasswd file. */
  htpasswd?: Readonly<Record<string, string>> | string
  /** `rootcertbundle` in PEM, or the path of such a file. */
  token?: { realm: string; service: string; issuer: string; rootcertbundle: string }
  /** Both in PEM, or paths of such files. */
  tls?: { cert: string; key: string }
  /** Whether DELETE is served; default true. */
  delete?: boolean
  /** As `notifications` of config.yml. */
  notifications?: object
  /** The storage folder, kept by `stop`; without it a temporary one, which is removed. */
  root?: string
}

/** One line of the registry's access log. */
export interface LogLine {
  method: string
  /** With its query. */
  path: string
  status: number
  /** Of the response's body. */
  bytes: number
  agent: string
}

export interface Distribution {
  /** `127.0.0.1:PORT`, the same after a restart. */
  host: string
  url: string
  /** The storage folder: repositories lie under `docker/registry/v2`. */
  root: string
  /** Every request answered so far, in order. */
  requests(): Promise<LogLine[]>
  /** Ends the process and begins a new one over the same data and port. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** Debian's `docker-registry` on a free loopback port, ready to answer. @throws Error with its log when it does not start. */
export async function startDistribution(options: DistributionOptions = {}): Promise<Distribution> {
  const folder = await mkdtemp(join(tmpdir(), 'regctl-distribution-'))
  const root = options.root ?? join(folder, 'data')
  const scheme = options.tls ? 'https' : 'http'
  const log: string[] = []
  try {
    let server = await launch(folder, await configure(folder, root, options, '127.0.0.1:0'), log)
    const { host } = server
    let asked = 0
    return {
      host,
      url: `${scheme}://${host}`,
      root,
      async requests() {
        asked += 1
        await markLog(`${scheme}://${host}`, log, `/mark-${asked}`)
        return parseLog(log.join('')).filter(line => !line.path.startsWith('/mark-'))
      },
      async restart() {
        await end(server.child)
        server = await launch(folder, await configure(folder, root, options, host), log)
      },
      async stop() {
        await end(server.child)
        await rm(folder, { recursive: true, force: true })
      },
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

async function configure(folder: string, root: string, options: DistributionOptions, addr: string): Promise<string> {
  await mkdir(root, { recursive: true })
  const { htpasswd, token, tls } = options
  const auth: Record<string, unknown> = {}
  if (htpasswd) {
    const text = typeof htpasswd === 'string' ? htpasswd : await htpasswdText(htpasswd)
    auth.htpasswd = { realm: 'basic-realm', path: await asFile(folder, 'htpasswd', text) }
  }
  if (token) auth.token = { ...token, rootcertbundle: await asFile(folder, 'token.pem', token.rootcertbundle) }
  const config = {
    version: '0.1',
    log: { level: 'info', formatter: 'text' },
    storage: { filesystem: { rootdirectory: root }, delete: { enabled: options.delete ?? true } },
    // Foreign layers are taken wherever their urls point.
    validation: { manifests: { urls: { allow: ['^https?://'] } } },
    http: {
      addr,
      secret: 'only for tests',
      ...(tls && {
        tls: { certificate: await asFile(folder, 'tls.crt', tls.cert), key: await asFile(folder, 'tls.key', tls.key) },
      }),
    },
    ...(htpasswd || token ? { auth } : {}),
    ...(options.notifications && { notifications: options.notifications }),
  }
  // YAML takes JSON as it is.
  const path = join(folder, 'config.yml')
  await writeFile(path, JSON.stringify(config))
  return path
}

async function launch(folder: string, config: string, log: string[]): Promise<{ child: ChildProcess; host: string }> {
  const program = findTool('docker-registry')
  if (!program) throw new Error('docker-registry is not on PATH')
  // A test worker that is killed takes its registry along.
  const guard = findTool('setpriv')
  const command = [...(guard ? [guard, '--pdeathsig', 'KILL'] : []), program, 'serve', config]
  const [file = program, ...args] = command
  const child = spawn(file, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('close', () => process.removeListener('exit', kill))
  child.stdout.setEncoding('utf8').on('data', (text: string) => log.push(text))
  let said = ''
  child.stderr.setEncoding('utf8')
  const host = await new Promise<string>((resolve, reject) => {
    const fail = () => reject(new Error(`docker-registry did not start:\n${said.slice(-2000)}`))
    const timer = setTimeout(fail, 30_000)
    child.once('error', fail).once('exit', fail)
    child.stderr.on('data', (text: string) => {
      said = (said + text).slice(-20_000)
      const found = /listening on ([\d.]+:\d+)/.exec(said)?.[1]
      if (!found) return
      clearTimeout(timer)
      child.removeListener('exit', fail)
      resolve(found)
    })
  }).catch(async error => {
    await end(child)
    throw error
  })
  return { child, host }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const closed = once(child, 'close')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 3000)
  await closed
  clearTimeout(timer)
}

/** A line is written after its response: a request of our own behind the others tells that theirs are there. */
async function markLog(url: string, log: readonly string[], path: string): Promise<void> {
  const { request } = url.startsWith('https:') ? https : http
  const sent = request(new URL(path, url), { rejectUnauthorized: false, agent: false }).end()
  const [response] = await once(sent, 'response')
  response.resume()
  for (let tries = 0; tries < 500; tries++) {
    if (log.join('').includes(`GET ${path} `)) return
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  throw new Error('docker-registry wrote no access log')
}

/** Apache's combined log format. */
function parseLog(text: string): LogLine[] {
  const line = /"([A-Z]+) (\S+) HTTP\/[\d.]+" (\d{3}) (\d+) "(?:[^"\\]|\\.)*" "((?:[^"\\]|\\.)*)"/g
  return [...text.matchAll(line)].map(([, method = '', path = '', status, bytes, agent = '']) => {
    return { method, path, status: Number(status), bytes: Number(bytes), agent }
  })
}

async function htpasswdText(users: Readonly<Record<string, string>>): Promise<string> {
  const lines = await Promise.all(
    Object.entries(users).map(async ([user, password]) => `${user}:${await hash(password, 4)}\n`),
  )
  return lines.join('')
}

async function asFile(folder: string, name: string, textOrPath: string): Promise<string> {
  if (!/[\n:]/.test(textOrPath)) return textOrPath
  const path = join(folder, name)
  await writeFile(path, textOrPath, { mode: 0o600 })
  return path
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
