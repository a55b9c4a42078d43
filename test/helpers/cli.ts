import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface CliOptions {
  /** Besides PATH and an empty HOME; nothing else of the surroundings is seen. */
  env?: Readonly<Record<string, string>>
  /** What it reads on stdin; without it, stdin is empty. */
  input?: string
  /** Ends the program with this signal at the first output. */
  signal?: NodeJS.Signals
}

export interface CliRun {
  stdout: string
  stderr: string
  code: number | null
}

const root = join(import.meta.dirname, '..', '..')
let ready: Promise<CliRun> | undefined

/** Runs the built program to its end, in an empty home; builds it first where sources are newer. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliRun> {
  ready ??= run([join(root, 'scripts/ready.js')], { cwd: root, env: { ...process.env } })
  const built = await ready
  if (built.code !== 0) throw new Error(`the program cannot be built:\n${built.stderr}`)
  const home = mkdtempSync(join(tmpdir(), 'regctl-cli-'))
  try {
    const env = { PATH: process.env.PATH, HOME: home, USERPROFILE: home, ...options.env }
    return await run([join(root, 'bin/run.js'), ...args], { ...options, cwd: home, env })
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

interface Child extends Omit<CliOptions, 'env'> {
  cwd: string
  env: NodeJS.ProcessEnv
}

async function run(args: readonly string[], { cwd, env, input = '', signal }: Child): Promise<CliRun> {
  const child = spawn(process.execPath, args, { cwd, env, timeout: 60_000, killSignal: 'SIGKILL' })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
      if (signal) child.kill(signal)
    })
  }
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [code] = await once(child, 'close')
  return { ...output, code }
}
