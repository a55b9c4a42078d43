import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { endWithUs, killGroup } from '../credentials/process-group.ts'
import { findProgram, isProgram } from '../files/program.ts'
import { codeOf, RegctlError } from '../model/errors.ts'
import type { WebhookEvent } from './event.ts'

/** A command that is run for each event. */
export interface Hook {
  /** As {@link findHook} gives it. */
  file: string
  args: readonly string[]
  /** All the command sees besides the event. */
  env: Readonly<Record<string, string | undefined>>
  /** Until it and all it started are told to end, and 5 seconds later killed. */
  timeoutSeconds: number
  /** File descriptor for what it prints on stdout and stderr; nowhere when absent. */
  output?: number | undefined
}

const graceMs = 5000

/** The absolute file of a command: a path, or a name that is in an absolute folder of `path` (a PATH). @throws RegctlError USAGE */
export async function findHook(command: string, path: string): Promise<string> {
  const isPath = /[/\\]/.test(command)
  const file = isPath ? resolve(command) : await findProgram(command, path)
  if (file !== undefined && (!isPath || (await isProgram(file)))) return file
  throw new RegctlError(
    'USAGE',
    `there is no program ${JSON.stringify(command.slice(0, 200))}${isPath ? '' : ' on the PATH'}`,
    { hint: '--exec takes a program alone; its arguments stand at the end: --exec ./deploy.sh -- --env prod' },
  )
}

/**
 * Runs a command for one event, which it gets as `REGCTL_EVENT…` in its environment and as a line of JSON on stdin: never in its arguments, and
 * never through a shell (T24). Resolves when it ended with 0.
 * @throws RegctlError FAILED
 */
export async function runHook(event: WebhookEvent, hook: Hook): Promise<void> {
  const failure = await run(event, hook)
  if (failure === undefined) return
  const { repository, tag, digest, id } = event
  const about = `${repository ?? 'no repository'}${tag === null ? '' : `:${tag}`}${digest === null ? '' : `@${digest}`}`
  throw new RegctlError('FAILED', `the command ${failure} for the ${event.event} of ${about} (${id})`)
}

/** `REGCTL_EVENT` is the word, `REGCTL_EVENT_TAG` and the like are the rest; what is not told is not set. */
export function hookEnvironment(event: WebhookEvent): Record<string, string> {
  const { event: word, ...rest } = event
  const told = Object.entries(rest).filter((entry): entry is [string, string] => entry[1] !== null)
  return {
    REGCTL_EVENT: word,
    ...Object.fromEntries(told.map(([name, value]) => [`REGCTL_EVENT_${name.toUpperCase()}`, value])),
  }
}

function run(event: WebhookEvent, { file, args, env, timeoutSeconds, output = -1 }: Hook): Promise<string | undefined> {
  return new Promise(resolve => {
    const child = spawn(file, args, {
      env: { ...env, ...hookEnvironment(event) },
      shell: false,
      windowsHide: true,
      // A group of its own: Ctrl-C is for us, and what was accepted is finished.
      detached: process.platform !== 'win32',
      stdio: ['pipe', ...(output < 0 ? (['ignore', 'ignore'] as const) : [output, output])],
    })
    endWithUs(child)
    let late = false
    const timer = setTimeout(() => {
      late = true
      killGroup(child, 'SIGTERM')
      setTimeout(() => killGroup(child), graceMs).unref()
    }, timeoutSeconds * 1000)
    child.once('error', error => {
      clearTimeout(timer)
      resolve(`could not be started (${codeOf(error) || error.message})`)
    })
    child.once('exit', (code, signal) => {
      clearTimeout(timer)
      if (late) resolve(`took longer than ${timeoutSeconds} seconds`)
      else resolve(code === 0 ? undefined : `ended with ${code ?? signal}`)
    })
    // One that does not read closes the pipe; its exit code says more than EPIPE.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(`${JSON.stringify(event)}\n`)
  })
}
