import type { RequestListener } from 'node:http'
import bcrypt from 'bcryptjs'
import { parseHtpasswd } from '../../src/server/htpasswd.ts'
import { createListener, type ListenerOptions } from '../../src/server/listen.ts'
import { memoryRepositories, type Repositories } from '../../src/server/repositories.ts'
import { createRegistryServer, type ServerOptions } from '../../src/server/server.ts'

export interface RecordedRequest {
  method: string
  /** Path and query. */
  url: string
  /** 0 until the answer has begun. */
  readonly status: number
  headers: Readonly<Record<string, string | string[] | undefined>>
}

export interface TestServerOptions extends Omit<ServerOptions, 'repositories' | 'users'> {
  /** Default: memory. */
  repositories?: Repositories
  /** Name to password. */
  users?: Readonly<Record<string, string>>
  tls?: ListenerOptions['tls']
  /** Default: a free one. */
  port?: number
  /** Odd behaviour around the real one: counts, delays, lies, hangs up. */
  wrap?: (handler: RequestListener) => RequestListener
}

export interface TestServer {
  /** Without a slash at its end. */
  url: string
  /** `127.0.0.1:PORT`, as it stands in a reference. */
  host: string
  repositories: Repositories
  /** In the order they came. */
  requests: RecordedRequest[]
  close(): Promise<void>
}

/** Our own registry on a free port of the loopback. */
export async function startServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { repositories = memoryRepositories(), users, tls, wrap = handler => handler, ...rest } = options
  const registry = createRegistryServer({
    graceSeconds: 0.2,
    ...rest,
    repositories,
    users: users && parseHtpasswd(htpasswd(users)),
  })
  const requests: RecordedRequest[] = []
  const wrapped = wrap(registry.handler)
  const listener = createListener(
    (req, res) => {
      const { method = '', url = '', headers } = req
      requests.push({
        method,
        url,
        headers,
        get status() {
          return res.headersSent ? res.statusCode : 0
        },
      })
      wrapped(req, res)
    },
    { graceSeconds: 0.2, ...rest, tls },
  )
  const { url, host, port } = await listener.listen({ port: options.port })
  return {
    url,
    host: `${host}:${port}`,
    repositories,
    requests,
    async close() {
      await listener.close()
      await registry.close()
    },
  }
}

/** The cheapest bcrypt there is: a test has no secrets to keep. */
function htpasswd(users: Readonly<Record<string, string>>): string {
  return Object.entries(users)
    .map(([user, password]) => `${user}:${bcrypt.hashSync(password, 4)}`)
    .join('\n')
}
