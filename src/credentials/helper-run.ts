import { spawn } from 'node:child_process'
import { findProgram } from '../files/program.ts'
import { RegctlError } from '../model/errors.ts'
import { endWithUs, killGroup } from './process-group.ts'

/** Where helpers are found and what they are given. */
export interface HelperOptions {
  /** A PATH: only its absolute folders are searched, never the working directory (T21). */
  path: string
  /** The environment for the helper, which gets all of it but what only regctl reads. Default: nothing but `PATH`. */
  env?: Readonly<Record<string, string | undefined>>
  /** Milliseconds until the helper and all it started are killed. Default 30,000. */
  timeout?: number
}

export interface HelperAnswer {
  exitCode: number | null
  stdout: string
  stderr: string
  /** Why it was killed, if it was. */
  killed?: string
}

const maxOutput = 1024 * 1024

/**
 * The absolute file of `docker-credential-SUFFIX`.
 * @throws RegctlError CONFIG_INVALID for a suffix that is not `[A-Za-z0-9._-]+`, or a helper that is in no folder of PATH.
 */
export async function findHelper(suffix: string, path: string): Promise<string> {
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(suffix))
    throw new RegctlError('CONFIG_INVALID', 'the docker config names a credential helper that is not a plain name', {
      hint: 'credsStore and credHelpers hold the end of a docker-credential-NAME program, without folders',
    })
  const file = await findProgram(`docker-credential-${suffix}${process.platform === 'win32' ? '.exe' : ''}`, path)
  if (file !== undefined) return file
  throw new RegctlError('CONFIG_INVALID', `the credential helper docker-credential-${suffix} is not on the PATH`, {
    hint: 'install it, or take it out of the docker config',
  })
}

/** Runs a helper without a shell: `input` on its stdin, 1 MiB of output at most, its whole process group killed when that or the time is up. */
export function runHelper(file: string, action: string, input: string, options: HelperOptions): Promise<HelperAnswer> {
  const { timeout = 30_000 } = options
  return new Promise((resolve, reject) => {
    const child = spawn(file, [action], {
      env: environment(options),
      shell: false,
      windowsHide: true,
      // A group of its own, so that what the helper started can be killed with it.
      detached: process.platform !== 'win32',
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    endWithUs(child)
    const outputs = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
    let size = 0
    let killed: string | undefined
    const kill = (reason: string) => {
      killed ??= reason
      killGroup(child)
      // A grandchild that left the group may hold the pipes open: waiting for their end would be waiting for it.
      child.stdout.destroy()
      child.stderr.destroy()
    }
    const timer = setTimeout(() => kill(`gave no answer within ${timeout / 1000} seconds`), timeout)
    for (const name of ['stdout', 'stderr'] as const)
      child[name].on('data', (part: Buffer) => {
        size += part.length
        if (size > maxOutput) kill('printed more than 1 MiB')
        else outputs[name].push(part)
      })
    child.on('error', error => {
      clearTimeout(timer)
      reject(error)
    })
    child.on('close', exitCode => {
      clearTimeout(timer)
      const text = (parts: Buffer[]) => Buffer.concat(parts).toString('utf8')
      resolve({ exitCode, stdout: text(outputs.stdout), stderr: text(outputs.stderr), killed })
    })
    // A helper that does not read its input closes the pipe: its exit code says more than EPIPE.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}

/** Helpers of clouds read variables nobody can list; what is withheld is what only regctl and docker itself should know (T16). */
function environment({ path, env = {} }: HelperOptions): Record<string, string | undefined> {
  const kept = Object.entries(env).filter(([name]) => !/^(?:REGCTL_.*|DOCKER_AUTH_CONFIG|PATH)$/i.test(name))
  return { ...Object.fromEntries(kept), PATH: path }
}
