import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { runCli } from './cli.ts'

export interface Listening {
  /** With its path. */
  url: string
  child: ChildProcess
  said: { stdout: string; stderr: string }
  /** Ends it with a signal; its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
  close(): void
}

export interface ListeningOptions {
  /** Its home and the folder it runs in. */
  home: string
  env?: Readonly<Record<string, string>>
  input?: string
}

/** `regctl webhook listen` of the built program on a free port, once it listens. */
export async function startListening(
  args: readonly string[],
  { home, env, input = '' }: ListeningOptions,
): Promise<Listening> {
  // Builds the program where sources are newer.
  await runCli(['--version'])
  const program = join(import.meta.dirname, '..', '..', 'bin', 'run.js')
  const child = spawn(process.execPath, [program, 'webhook', 'listen', '--port', '0', ...args], {
    cwd: home,
    env: { PATH: process.env.PATH, HOME: home, ...env },
    timeout: 60_000,
    killSignal: 'SIGKILL',
  })
  const closed = once(child, 'close')
  const said = { stdout: '', stderr: '' }
  const heard = (name: 'stdout' | 'stderr') =>
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text
    })
  heard('stdout')
  child.stdin.on('error', () => {}).end(input)
  const url = await new Promise<string>((resolve, reject) => {
    heard('stderr').on('data', () => {
      const found = /listening on (\S+)\n/.exec(said.stderr)?.[1]
      if (found) resolve(found)
    })
    child.once('close', () => reject(new Error(`webhook listen did not start: ${said.stderr}`)))
  })
  return {
    url,
    child,
    said,
    async stop(signal = 'SIGTERM') {
      child.kill(signal)
      const [code] = await closed
      return code
    },
    close: () => child.kill('SIGKILL'),
  }
}
