import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { markPath, parseAccessLog } from './access-log.js'
import { request } from './api.js'
import { cpuOf } from './measure.js'

/**
 * @typedef {{ cert: string, key: string, ca: string }} Certificates PEM
 * @typedef {{ program: string, folder: string, data?: string, tls?: Certificates }} RegistryOptions
 * @typedef {import('./access-log.js').LogLine} LogLine
 * @typedef {{ requests: LogLine[], cpu: number }} Work what a registry did, seconds
 * @typedef {{ url: string, port: number, data: string, ca: string | undefined, watch(): () => Promise<Work>, empty(): void, stop(): Promise<void> }} Registry
 */

/**
 * Starts distribution (any version from 2 on) on a free loopback port over a folder.
 *
 * @param {string} name
 * @param {RegistryOptions} options
 * @returns {Promise<Registry>}
 */
export async function startRegistry(name, { program, folder, data = join(folder, `${name}-data`), tls }) {
  mkdirSync(data, { recursive: true })
  const config = join(folder, `${name}.json`)
  const port = await freePort()
  const http = { addr: `127.0.0.1:${port}`, secret: 'bench', ...(tls && { tls: writePair(join(folder, name), tls) }) }
  const storage = {
    filesystem: { rootdirectory: data, maxthreads: 100 },
    maintenance: { uploadpurging: { enabled: false } },
  }
  // YAML takes JSON as it is.
  writeFileSync(config, JSON.stringify({ version: '0.1', log: { level: 'warn' }, storage, http }))
  const accessLog = join(folder, `${name}-access.log`)
  const out = openSync(accessLog, 'w')
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', program, 'serve', config], {
    cwd: folder,
    env: { PATH: process.env.PATH, OTEL_TRACES_EXPORTER: 'none' },
    stdio: ['ignore', out, 'pipe'],
  })
  closeSync(out)
  const url = `${tls ? 'https' : 'http'}://127.0.0.1:${port}`
  await answers(child, () => request(`${url}/v2/`, { ca: tls?.ca })).catch(error => {
    child.kill('SIGKILL')
    throw error
  })
  const pid = child.pid ?? 0
  let marks = 0

  /** Everything in the log once the line of a request of our own is there. */
  async function settledLog() {
    marks += 1
    await request(`${url}${markPath(marks)}`, { ca: tls?.ca })
    for (let tries = 0; tries < 500; tries += 1) {
      const text = readFileSync(accessLog, 'utf8')
      if (text.includes(`GET ${markPath(marks)} `)) return text
      await sleep(5)
    }
    throw new Error(`${program} writes no access log`)
  }

  return {
    url,
    port,
    data,
    ca: tls?.ca,
    watch() {
      const [from, cpu] = [readFileSync(accessLog).length, cpuOf(pid)]
      return async () => {
        const used = cpuOf(pid) - cpu
        return { requests: parseAccessLog((await settledLog()).slice(from)), cpu: used }
      }
    },
    empty() {
      for (const name of readdirSync(data)) rmSync(join(data, name), { recursive: true, force: true })
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const closed = once(child, 'exit')
      child.kill('SIGKILL')
      await closed
    },
  }
}

/** @returns {Promise<number>} */
async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const closed = once(server, 'close')
  server.close()
  await closed
  return address !== null && typeof address === 'object' ? address.port : 0
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {() => Promise<unknown>} ask
 */
async function answers(child, ask) {
  let said = ''
  child.on('error', error => {
    said = error.message
  })
  child.stderr?.setEncoding('utf8').on('data', text => {
    said = (said + text).slice(-2000)
  })
  for (let tries = 0; tries < 200 && child.exitCode === null; tries += 1) {
    await sleep(50)
    const answered = await ask().then(
      () => true,
      () => false,
    )
    if (answered) return
  }
  throw new Error(`the registry did not start:\n${said}`)
}

/** @param {string} path @param {Certificates} tls */
function writePair(path, { cert, key }) {
  writeFileSync(`${path}.crt`, cert)
  writeFileSync(`${path}.key`, key, { mode: 0o600 })
  return { certificate: `${path}.crt`, key: `${path}.key` }
}
