import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Step } from '../../src/doctor/diagnosis.ts'
import { runCli } from '../helpers/cli.ts'
import { testClient } from '../helpers/client.ts'
import { closing } from '../helpers/http-send.ts'
import { makeImage, seed } from '../helpers/images.ts'
import { startServer, type TestServer, type TestServerOptions } from '../helpers/server.ts'
import { type Grants, startTokenServer, type TokenServer } from '../helpers/token-server.ts'

export interface Examined {
  code: number | null
  stdout: string
  stderr: string
  steps: Step[]
  /** `name: status` of each. */
  states: string[]
  step(name: Step['name']): Step
}

/** `regctl doctor ARGS… --json` of the built program. */
export async function examined(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Examined> {
  const run = await runCli(['doctor', '--json', ...args], { env })
  const { steps } = JSON.parse(run.stdout) as { steps: Step[] }
  return {
    ...run,
    steps,
    states: steps.map(({ name, status }) => `${name}: ${status}`),
    step: name => {
      const found = steps.find(step => step.name === name)
      if (!found) throw new Error(`no step ${name}: ${run.stdout}`)
      return found
    },
  }
}

/** Our registry with the image `team/app:1.2`, which is put there before anything odd begins. */
export async function registryWithImage(options: TestServerOptions = {}): Promise<TestServer> {
  const first = await startServer()
  const client = await testClient()
  await seed((await client.open(`${first.host}/team/app:1.2`, { write: true })).store, makeImage(), '1.2')
  await client.close()
  await first.close()
  return closing(await startServer({ ...options, repositories: first.repositories }))
}

export interface Guarded {
  registry: TestServer
  tokens: TokenServer
}

/** The same behind a token server; it lets in who has a token that grants a pull of the repository. */
export async function guardedRegistry(grants: Grants): Promise<Guarded> {
  const tokens = closing(await startTokenServer({ users: { ada: 'canary-right' }, grants }))
  const registry = await registryWithImage({ wrap: handler => guard(handler, tokens) })
  return { registry, tokens }
}

function guard(handler: RequestListener, tokens: TokenServer): RequestListener {
  return (req, res) => {
    const repository = /^\/v2\/(.+?)\/(?:manifests|blobs|tags|referrers)\//.exec(req.url ?? '')?.[1]
    if (mayPull(req.headers.authorization, repository)) return handler(req, res)
    const scope = repository === undefined ? '' : `,scope="repository:${repository}:pull"`
    res
      .writeHead(401, { 'www-authenticate': `Bearer realm="${tokens.realm}",service="${tokens.service}"${scope}` })
      .end('{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}')
  }
}

function mayPull(authorization: string | undefined, repository: string | undefined): boolean {
  const payload = /^Bearer [^.]+\.([^.]+)\./.exec(authorization ?? '')?.[1]
  if (payload === undefined) return false
  const { access } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
    access: { name: string; actions: string[] }[]
  }
  return repository === undefined || access.some(({ name, actions }) => name === repository && actions.includes('pull'))
}

/** A server of raw bytes. */
export async function startRaw(onConnect: (socket: Socket) => void): Promise<string> {
  const server: Server = createServer(socket => {
    socket.on('error', () => {})
    onConnect(socket)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  closing(server)
  const address = server.address()
  return `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

/** A port that nobody listens on. */
export async function closedPort(): Promise<string> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  return `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

/** Files for the length of a test. */
export function folder(): { write(name: string, text: string): string } {
  const path = mkdtempSync(join(tmpdir(), 'regctl-doctor-'))
  closing({ close: () => rmSync(path, { recursive: true, force: true }) })
  return {
    write(name, text) {
      writeFileSync(join(path, name), text)
      return join(path, name)
    },
  }
}

/** A Docker-style config.json with one login. */
export function authfile(host: string, user: string, password: string): string {
  const auth = Buffer.from(`${user}:${password}`).toString('base64')
  return folder().write('config.json', JSON.stringify({ auths: { [host]: { auth } } }))
}
