import { access } from 'node:fs/promises'
import { Command } from '@oclif/core/command'
import type { InferredArgs, InferredFlags } from '@oclif/core/interfaces'
import type { Client } from '../client.ts'
import type { Config } from '../config/config.ts'
import type { Exchange } from '../http/trace.ts'
import type { RegctlError } from '../model/errors.ts'
import type { Notify } from '../model/notice.ts'
import { escapeJson, escapeText } from '../output/escape.ts'
import { createProgress, type Progress, type ProgressMode } from '../output/progress.ts'
import { leastWait } from '../output/progress-state.ts'
import { paint, type Style, styleFor } from '../output/style.ts'
import { formatBytes, formatWait } from '../output/units.ts'
import { asksJson, fromArgvAlone, plainSwitches, registriesIn } from './arguments.ts'
import { debug } from './debug.ts'
import { errorJson, errorText, toRegctlError } from './errors.ts'
import { exitCodes } from './exit-codes.ts'
import { type CopyFlags, configFlags, type GlobalFlags, globalFlags } from './flags.ts'
import { Lines } from './lines.ts'
import { wordsOf } from './manifest.ts'
import { standardPipes } from './pipes.ts'
import type { Program } from './program.ts'
import { listenForSignals } from './signals.ts'

export type ArgsOf<C extends typeof Command> = InferredArgs<C['args']>
/** A command as its file's default export. */
export type RegctlCommandClass = (new (argv: string[], program: Program) => { start(): Promise<void> }) & { id: string }

export type FlagsOf<C extends typeof Command> = InferredFlags<typeof globalFlags & C['flags']>

/** Sentences remembered, so as not to say them again. */
const mostSaid = 1000

/**
 * What every command is: it parses, gives the subclass a client, a signal and a voice, prints the result for a person
 * or as JSON, and turns every error into a sentence and an exit code. oclif's own `this.config` is about the program;
 * what the user configured is {@link settings}.
 */
export abstract class RegctlCommand<C extends typeof Command, Result> extends Command {
  static override baseFlags = globalFlags

  /** How stdout looks: what a view needs. */
  protected readonly style: Style = styleFor(process.stdout, process.env)
  /** How long work that was asked to stop may go on before the command ends without it; `Infinity` waits for it. */
  protected readonly patienceMs: number = 5_000
  /** Whether `--authfile` may name what is not there yet. */
  protected readonly mayMakeAuthFile: boolean = false
  /** Requests that were sent again so far. */
  protected retries = 0
  private readonly errorStyle: Style = styleFor(process.stderr, process.env)
  private readonly interruption = listenForSignals(process)
  private readonly said = new Set<string>()
  private readonly lines = new Lines(process.stdout)
  private options: GlobalFlags & CopyFlags = { json: false, quiet: false, verbose: false }
  /** Registries among the arguments. */
  private named: string[] = []
  private connection: Promise<Client> | undefined
  private progress: Progress | undefined

  /** Does the work; what comes back is printed. Nothing (undefined) prints nothing. */
  protected abstract execute(args: ArgsOf<C>, flags: FlagsOf<C>): Promise<Result>

  /** The result for a person, every foreign text escaped; '' prints nothing. Not asked for with `--json`. */
  protected abstract view(result: Result): string | Promise<string>

  /** What `--json` prints of the result. */
  protected document(result: Result): unknown {
    return result
  }

  /** What is missing from a result that was printed all the same: told on stderr, and in the exit code. */
  protected shortfall(_result: Result): RegctlError | undefined {
    return undefined
  }

  /** Aborts at Ctrl-C and SIGTERM; its reason is the RegctlError to end with. */
  protected get signal(): AbortSignal {
    return this.interruption.signal
  }

  /** File, environment and flags, merged. @throws RegctlError CONFIG_INVALID */
  protected async settings(): Promise<Config> {
    const { loadConfig } = await import('../config/config.ts')
    return loadConfig({ flags: configFlags(this.options, this.named) })
  }

  /** The one client of this run, made when first asked for. */
  protected client(): Promise<Client> {
    this.connection ??= this.connect()
    return this.connection
  }

  /** Says something once on stderr (failures of a server each time), unless `--quiet`. */
  protected readonly notify: Notify = ({ code, message }) => {
    if (this.options.quiet || this.said.has(message)) return
    // Each failure of a server is one; and a server runs for months.
    if (code !== 'SERVER_ERROR' && this.said.size < mostSaid) this.said.add(message)
    this.complain(`${paint('warning:', 'yellow', this.errorStyle)} ${escapeText(message)}`)
  }

  /** Prints a line of a result that is a stream, and resolves when more may come; the caller has escaped it. With `--json` it does nothing. */
  protected async line(text: string): Promise<void> {
    if (!this.options.json) await this.lines.write(text)
  }

  /** Tells the result on stderr, unless `--quiet`: stdout has something else. The caller has escaped it. */
  protected async aside(text: (style: Style) => Promise<string>): Promise<void> {
    this.progress?.stop()
    if (!this.options.quiet) this.complain(await text(this.errorStyle))
  }

  /** Shows a copy's events on stderr until the command ends. */
  protected startProgress(mode: ProgressMode): Progress {
    this.progress = createProgress({
      mode: this.options.quiet && mode === 'auto' ? 'none' : mode,
      stream: process.stderr,
      style: this.errorStyle,
    })
    return this.progress
  }

  /** Runs the command to its end; whatever happens is told on stderr or as JSON, and in `process.exitCode`. */
  start(): Promise<void> {
    return this._run()
  }

  /** oclif would show the whole command line to who sets DEBUG, passwords included (T16). */
  protected override async init(): Promise<void> {}

  override async run(): Promise<void> {
    this.options = { ...this.options, json: asksJson(this.argv) }
    const { ctor } = this
    const known = { ...globalFlags, ...ctor.flags }
    const { args, flags } = await this.parse(
      { args: fromArgvAlone(ctor.args), flags: ctor.flags, baseFlags: globalFlags, strict: ctor.strict },
      plainSwitches(this.argv, known),
    )
    this.options = flags
    this.named = registriesIn(Object.values(args).flat())
    const result = await Promise.race([
      this.execute(args as ArgsOf<C>, flags as FlagsOf<C>),
      gaveUp(this.signal, this.patienceMs),
    ])
    this.progress?.stop()
    this.lines.flush()
    const text = this.options.json ? this.json(result) : await this.view(result)
    if (text !== '') process.stdout.write(`${text}\n`)
    const missing = this.shortfall(result)
    if (!missing) return
    this.complain(errorText(missing, { style: this.errorStyle, debug }))
    process.exitCode = exitCodes[missing.code]
  }

  protected override async catch(thrown: unknown): Promise<void> {
    this.parsed = true
    this.progress?.stop()
    this.lines.flush()
    const aborted = this.signal.aborted ? this.signal.reason : thrown
    const [example] = this.ctor.examples ?? []
    const error = toRegctlError(aborted, {
      command: `regctl ${wordsOf(this.ctor.id)}`,
      flags: { ...globalFlags, ...this.ctor.flags },
      example: typeof example === 'string' ? example : example?.command,
    })
    if (this.options.json) process.stdout.write(`${errorJson(error)}\n`)
    if (!this.options.json || debug) {
      this.complain(errorText(error, { style: this.errorStyle, debug }))
    }
    process.exitCode = exitCodes[error.code]
  }

  protected override async finally(): Promise<void> {
    this.progress?.stop()
    this.interruption.dispose()
    const client = await this.connection?.catch(() => undefined)
    await client?.close()
  }

  private json(result: Result): string {
    const document = this.document(result)
    return document === undefined ? '' : escapeJson(document)
  }

  private async connect(): Promise<Client> {
    // A name that is mistyped would be told as a login that is missing.
    if (this.options.authfile !== undefined && !this.mayMakeAuthFile) await access(this.options.authfile)
    const [{ createClient }, config] = await Promise.all([import('../client.ts'), this.settings()])
    return createClient({
      config,
      userAgent: `regctl-js/${this.config.version}`,
      pipes: standardPipes,
      notify: this.notify,
      ...(process.stdin.isTTY && { secondFactor: (account: string) => this.askSecondFactor(account) }),
      onWait: ({ host, seconds, reason }) => this.wait(seconds, reason.includes(host) ? reason : `${host}: ${reason}`),
      onRetry: ({ attempt, reason }) => this.again(attempt, reason),
      ...(this.options.verbose ? { onExchange: exchange => this.complain(exchangeLine(exchange)) } : {}),
    })
  }

  private async askSecondFactor(account: string): Promise<string> {
    const { ask } = await import('./prompt.ts')
    const instead = 'use a personal access token, for which no code is asked: regctl login docker.io'
    return ask(`Code of the second factor of ${account}: `, { signal: this.signal, instead })
  }

  private wait(seconds: number, reason: string): void {
    if (this.progress) this.progress.onEvent({ type: 'waiting', seconds, reason })
    else if (seconds >= leastWait)
      this.notify({ code: 'WAITING', message: `waiting ${formatWait(seconds)}: ${reason}` })
  }

  private again(attempt: number, reason: string): void {
    this.retries++
    this.progress?.onEvent({ type: 'retrying', attempt, reason })
  }

  private complain(text: string): void {
    process.stderr.write(`${text}\n`)
  }
}

/** `GET https://registry.example/v2/ 401 12 ms 1.2 KiB`; the address is redacted already (T15). */
export function exchangeLine({ method, url, status, error, milliseconds, bytes }: Exchange): string {
  const parts = [method, url, status ?? error ?? '', `${Math.round(milliseconds)} ms`]
  if (bytes !== undefined) parts.push(formatBytes(bytes))
  return escapeText(parts.join(' '))
}

/** Rejects when work was asked to stop and has not done so for a while: a person pressed Ctrl-C and waits. */
function gaveUp(signal: AbortSignal, patienceMs: number): Promise<never> {
  return new Promise((_, reject) => {
    if (patienceMs === Number.POSITIVE_INFINITY) return
    signal.addEventListener('abort', () => setTimeout(() => reject(signal.reason), patienceMs).unref(), { once: true })
  })
}
