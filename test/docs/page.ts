import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { runCli } from '../helpers/cli.ts'
import { commandsIn } from './commands.ts'

const root = join(import.meta.dirname, '..', '..')

/** A page of docs/ as text, without the fences of its code. */
export interface Page {
  text: string
  /** What stands behind `$ ` in blocks of code, in order. */
  commands: string[]
}

export function readPage(name: string): Page {
  const text = readFileSync(join(root, 'docs', name), 'utf8')
  return { text, commands: commandsIn(text).map(({ line }) => line) }
}

export interface ShellRun {
  code: number | null
  stdout: string
  stderr: string
}

/** A person's folder in which commands of a page are typed: `regctl` is the built program. */
export interface Shell {
  folder: string
  write(name: string, text: string, mode?: number): void
  run(command: string): Promise<ShellRun>
  /** Runs on until it is ended: what it said so far grows. */
  start(command: string): { child: ChildProcess; said: ShellRun; ended: Promise<ShellRun> }
  close(): void
}

/** @param env besides PATH and HOME */
export async function openShell(env: Readonly<Record<string, string>> = {}): Promise<Shell> {
  // Builds the program where sources are newer.
  await runCli(['--version'])
  const folder = mkdtempSync(join(tmpdir(), 'regctl-docs-'))
  const bin = join(folder, '.bin')
  mkdirSync(bin)
  const write: Shell['write'] = (name, text, mode = 0o644) => {
    writeFileSync(join(folder, name), text)
    chmodSync(join(folder, name), mode)
  }
  write('.bin/regctl', `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'bin/run.js')}' "$@"\n`, 0o755)
  const start: Shell['start'] = command => {
    // A command that is one program becomes it, so that signals reach it.
    const text = /[|;&<>]|=\$\(/.test(command) ? command : `exec ${command}`
    const child = spawn('/bin/sh', ['-c', text], {
      cwd: folder,
      env: { PATH: [bin, process.env.PATH].join(delimiter), HOME: folder, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 150_000,
      killSignal: 'SIGKILL',
    })
    const said: ShellRun = { code: null, stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (part: string) => {
        said[name] += part
      })
    }
    const ended = once(child, 'close').then(([code]) => Object.assign(said, { code }))
    return { child, said, ended }
  }
  return {
    folder,
    write,
    start,
    run: command => start(command).ended,
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}
