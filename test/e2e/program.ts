import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface RunOptions {
  input?: string
  env?: Readonly<Record<string, string>>
  /** Called with the running program: to watch it, to signal it. */
  during?: (child: ChildProcess) => void
}

export interface Run {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** A person's machine: an empty home and the built program in it. */
export interface Machine {
  /** The home, and the folder the program runs in. */
  home: string
  /** The Docker-style file that `login --store file` writes. */
  authfile: string
  /** Runs `regctl ARGS…` to its end; a program that hangs is killed after two minutes. */
  regctl(args: readonly string[], options?: RunOptions): Promise<Run>
  /** What `--json` printed. @throws Error with all that was said when the command failed. */
  json(args: readonly string[], options?: RunOptions): Promise<Record<string, unknown>>
  remove(): void
}

/** What is tested; TEST_PROGRAM names another build, such as an installed one. */
export const program = process.env.TEST_PROGRAM ?? join(import.meta.dirname, '..', '..', 'bin', 'run.js')

export function makeMachine(): Machine {
  const home = mkdtempSync(join(tmpdir(), 'regctl-e2e-'))
  mkdirSync(join(home, '.docker'))
  const regctl: Machine['regctl'] = (args, options) => run(home, args, options)
  return {
    home,
    authfile: join(home, '.docker', 'config.json'),
    regctl,
    async json(args, options) {
      const { code, stdout, stderr } = await regctl([...args, '--json'], options)
      if (code !== 0) throw new Error(`regctl ${args.join(' ')} ended with ${code}\n${stdout}${stderr}`)
      return JSON.parse(stdout)
    },
    remove: () => rmSync(home, { recursive: true, force: true }),
  }
}

async function run(home: string, args: readonly string[], { input = '', env, during }: RunOptions = {}): Promise<Run> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: home,
    env: { PATH: process.env.PATH, HOME: home, USERPROFILE: home, DOCKER_CONFIG: join(home, '.docker'), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: 120_000,
    killSignal: 'SIGKILL',
  })
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text
    })
  }
  // A program that ends before it has read its input is no failure of the test.
  child.stdin.on('error', () => {}).end(input)
  during?.(child)
  const [code, signal] = await once(child, 'close')
  return { code, signal, ...said }
}
