import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findProgram } from '../files/program.ts'
import { RegctlError } from '../model/errors.ts'
import { parseMirrorUrl } from './address.ts'

/** Runs a program of this machine. `undefined`: there is none of that name. */
export type Run = (program: string, args: readonly string[]) => Promise<Ran | undefined>

/** How a program ended, and what it said. */
export interface Ran {
  /** `null` when it had to be ended. */
  code: number | null
  /** stdout. */
  output: string
  /** stderr, or what else tells why it failed. */
  error: string
}

/** Milliseconds for a program that ought to be done in one second. */
const patience = 20_000

/** Looks a program up in the absolute folders of the `PATH` in `env`, and nowhere else (T21), and runs it with that environment, without a shell. */
export function runIn(env: Readonly<Record<string, string | undefined>>): Run {
  return async (program, args) => {
    const file = await findProgram(program, env.PATH ?? '')
    return file === undefined ? undefined : execute(file, { args, env })
  }
}

/** dockerd's own opinion of a configuration, where dockerd is. False: it is not. @throws RegctlError REFUSED with dockerd's words */
export async function validate(text: string, run: Run): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'regctl-dockerd-'))
  try {
    const file = join(folder, 'daemon.json')
    await writeFile(file, text, { mode: 0o600 })
    const ran = await run('dockerd', ['--validate', '--config-file', file])
    if (!ran) return false
    if (ran.code === 0) return true
    const words = ran.error.trim().split('\n').at(-1)?.slice(0, 300)
    throw new RegctlError('REFUSED', `dockerd would not take it: ${words}`, {
      hint: 'an older dockerd has no --validate: then leave the check out with --no-validate',
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * Tells dockerd to read its file again; containers go on running. A reload that dockerd refuses is only written to its log, so that its
 * mirrors are looked at afterwards.
 * @throws RegctlError FAILED when there is no reload, or dockerd did not take the mirrors
 */
export async function reload(mirrors: readonly string[], run: Run, pause = 500): Promise<void> {
  const ran = await run('systemctl', ['reload', 'docker'])
  if (ran?.code !== 0) {
    const words = ran ? (ran.error.trim().split('\n', 1)[0] ?? '').slice(0, 300) : 'there is no systemctl'
    throw new RegctlError('FAILED', `docker could not be reloaded: ${words}`, {
      hint: 'where docker has no unit: kill -HUP the dockerd process',
    })
  }
  const wanted = mirrors.map(parseMirrorUrl).join(' ')
  let got: string | undefined
  for (let tries = 0; tries < 6; tries++) {
    if (tries > 0) await new Promise(resolve => setTimeout(resolve, pause))
    got = await mirrorsInUse(run)
    // Without a docker command nobody can tell.
    if (got === undefined || got === wanted) return
  }
  throw new RegctlError('FAILED', `docker was reloaded, but uses these mirrors: ${got || 'none'}`, {
    hint: 'its log says why: journalctl -u docker -n 20',
  })
}

/** Whether Docker says that these are its mirrors; false also where nobody can tell. */
export async function isInUse(mirrors: readonly string[], run: Run): Promise<boolean> {
  return (await mirrorsInUse(run)) === mirrors.map(parseMirrorUrl).join(' ')
}

async function mirrorsInUse(run: Run): Promise<string | undefined> {
  const ran = await run('docker', ['info', '--format', '{{json .RegistryConfig.Mirrors}}'])
  if (!ran) return undefined
  try {
    const value: unknown = JSON.parse(ran.output)
    return Array.isArray(value) ? value.map(url => parseMirrorUrl(String(url))).join(' ') : ''
  } catch {
    return `unknown (${ran.error.trim().slice(0, 200)})`
  }
}

interface Call {
  args: readonly string[]
  env: Readonly<Record<string, string | undefined>>
}

function execute(file: string, { args, env }: Call): Promise<Ran> {
  return new Promise(resolve => {
    const limits = { timeout: patience, maxBuffer: 1024 * 1024, windowsHide: true }
    execFile(file, args, { ...limits, env }, (error, output, said) => {
      const code = error ? (typeof error.code === 'number' ? error.code : null) : 0
      resolve({ code, output, error: said || (error?.message ?? '') })
    })
  })
}
