import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http, { type IncomingHttpHeaders, type RequestListener } from 'node:http'
import https from 'node:https'
import net, { type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeCa } from '../certs.ts'

/** Hosts as people name them (`hub.docker.com`, `nexus.example:8082`), and who answers there. */
export type Hosts = Readonly<Record<string, RequestListener>>

/** A request as it came to a host of the world. */
export interface Arrival {
  host: string
  method: string
  /** Path and query, byte for byte. */
  url: string
  headers: IncomingHttpHeaders
  /** 0 until it is answered. */
  readonly status: number
}

/**
 * Fixed names on loopback: hosts are reached through a CONNECT proxy of ours, over TLS under an authority of ours. The program is told of
 * both by the environment alone, as on any machine behind a proxy, so it runs as it is built, and a name that the test does not
 * know leads nowhere.
 */
export interface World {
  /** For a program or client: `HTTPS_PROXY` and `SSL_CERT_FILE`. */
  env: { HTTPS_PROXY: string; SSL_CERT_FILE: string }
  arrivals: Arrival[]
  /** `METHOD path?query` of what came to one host. */
  at(host: string): string[]
  /** Hosts that were asked for and are none of ours. */
  strangers: string[]
  close(): Promise<void>
}

export async function startWorld(hosts: Hosts): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'regctl-world-'))
  const ca = await makeCa()
  const names = [...new Set(Object.keys(hosts).map(host => host.replace(/:\d+$/, '')))]
  const { cert, key } = await ca.issue({ hosts: names })
  const caFile = join(folder, 'ca.pem')
  writeFileSync(caFile, ca.cert)
  const arrivals: Arrival[] = []
  const strangers: string[] = []
  const inside = https.createServer({ cert, key }, (req, res) => {
    const host = req.headers.host ?? ''
    arrivals.push({
      host,
      method: req.method ?? '',
      url: req.url ?? '',
      headers: req.headers,
      get status() {
        return res.headersSent ? res.statusCode : 0
      },
    })
    const listener = hosts[host]
    if (listener) listener(req, res)
    else res.writeHead(421).end()
  })
  const proxy = http.createServer((_, res) => res.writeHead(405).end())
  const sockets = new Set<Socket>()
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
  }
  proxy.on('connection', keep)
  inside.on('connection', keep)
  proxy.on('connect', (req, client: Socket) => {
    const host = (req.url ?? '').replace(/:443$/, '')
    if (!hosts[host]) {
      strangers.push(host)
      client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
      return
    }
    const server = net.connect((inside.address() as AddressInfo).port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      client.pipe(server).pipe(client)
    })
    keep(server)
  })
  inside.listen(0, '127.0.0.1')
  proxy.listen(0, '127.0.0.1')
  await Promise.all([once(inside, 'listening'), once(proxy, 'listening')])
  return {
    env: { HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, SSL_CERT_FILE: caFile },
    arrivals,
    at: host => arrivals.filter(each => each.host === host).map(({ method, url }) => `${method} ${url}`),
    strangers,
    async close() {
      const closed = [once(inside, 'close'), once(proxy, 'close')]
      inside.close()
      proxy.close()
      for (const socket of sockets) socket.destroy()
      await Promise.all(closed)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
