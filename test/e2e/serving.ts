import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import http from 'node:http'
import net, { type AddressInfo } from 'node:net'
import { program } from './program.ts'

export interface Server {
  /** `127.0.0.1:PORT`. */
  host: string
  url: string
  stop(): Promise<void>
}

/** `regctl serve` of the built program on a free port. */
export async function startServe(home: string, ...flags: readonly string[]): Promise<Server> {
  const child: ChildProcess = spawn(process.execPath, [program, 'serve', '--port', '0', ...flags], {
    cwd: home,
    env: { PATH: process.env.PATH, HOME: home },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const closed = once(child, 'close')
  let said = ''
  const host = await new Promise<string>((resolve, reject) => {
    const fail = () => reject(new Error(`regctl serve did not start: ${said}`))
    setTimeout(fail, 30_000).unref()
    child.once('close', fail)
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const found = /http:\/\/([\w.:]+)/.exec(said)?.[1]
      if (found && said.includes('\n')) resolve(found)
    })
  })
  return {
    host,
    url: `http://${host}`,
    async stop() {
      child.kill('SIGTERM')
      const timer = setTimeout(kill, 5000)
      await closed
      clearTimeout(timer)
      process.removeListener('exit', kill)
    },
  }
}

/** An odd registry of a test's own making. */
export async function startOdd(listener: http.RequestListener): Promise<Server> {
  const server = http.createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    host,
    url: `http://${host}`,
    async stop() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** Another address of a server on this machine. @param onSent is called before each piece that the client sends goes on */
export async function startDoor(host: string, onSent: () => void): Promise<Server> {
  const sockets = new Set<net.Socket>()
  const server = net.createServer(client => {
    const inside = net.connect(Number(host.split(':').at(-1)), '127.0.0.1')
    for (const socket of [client, inside]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.once('close', () => {
        sockets.delete(socket)
        client.end()
        inside.end()
      })
    }
    client.on('data', onSent)
    client.pipe(inside).pipe(client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const own = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    host: own,
    url: `http://${own}`,
    async stop() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
