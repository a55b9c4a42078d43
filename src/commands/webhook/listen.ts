import { once } from 'node:events'
import { string } from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../../cli/command.ts'
import { exitCodes } from '../../cli/exit-codes.ts'
import { webhookFlags } from '../../cli/webhook-flags.ts'
import { webhookSecret } from '../../cli/webhook-secret.ts'
import { withoutLogins } from '../../config/environment.ts'
import { isLoopback } from '../../config/hosts.ts'
import { RegctlError } from '../../model/errors.ts'
import { parseSeconds } from '../../model/quantity.ts'
import { escapeJsonLine, escapeText } from '../../output/escape.ts'
import type { WebhookEvent } from '../../webhook/event.ts'
import type { Hook } from '../../webhook/hook.ts'

export default class WebhookListenCommand extends RegctlCommand<typeof WebhookListenCommand, undefined> {
  static override summary = 'receive push notices: one JSON line for each event, and a command run for it'
  static override description =
    'Receives what Docker Hub, Harbor, Nexus and distribution send, and prints a line for each event. With --exec it runs a program for each, in order for a repository: the event is in its environment (REGCTL_EVENT, REGCTL_EVENT_REPOSITORY, REGCTL_EVENT_TAG …) and, as JSON, on its stdin; no shell is involved. It listens on this machine alone unless told otherwise. Ctrl-C ends it when all that was accepted is done.'
  static override examples = [
    'regctl webhook listen --secret-file secret.txt',
    {
      description: 'deploy what is pushed; arguments of the program stand after --',
      command: 'regctl webhook listen --secret-file secret.txt --events push --exec ./deploy.sh -- --env prod',
    },
  ]
  static override usage = ['webhook listen [FLAGS]', 'webhook listen --exec PROGRAM [FLAGS] [-- ARGUMENT…]']
  static override args = {
    arguments: string({ multiple: true, hidden: true, description: 'of --exec' }),
  }
  static override flags = {
    port: Flags.integer({ min: 0, max: 65535, default: 9000, helpValue: 'N', summary: 'port; 0 takes a free one' }),
    host: Flags.string({ default: '127.0.0.1', helpValue: 'ADDRESS', summary: 'address to listen on' }),
    path: Flags.string({
      default: '/',
      helpValue: 'PATH',
      summary: 'where notices are sent to; /PATH/SECRET counts too',
    }),
    'secret-file': Flags.string({
      helpValue: 'FILE',
      summary: 'what senders must know; - is stdin, or REGCTL_WEBHOOK_SECRET',
    }),
    secret: Flags.string({
      helpValue: 'SECRET',
      summary: 'the same; others can see it, so better use --secret-file',
      exclusive: ['secret-file'],
    }),
    ...webhookFlags,
    exec: Flags.string({ helpValue: 'PROGRAM', summary: 'run this for each event; its arguments stand after --' }),
    'pass-login': Flags.boolean({
      summary: 'let the program see the logins of the environment: REGCTL_PASSWORD, DOCKER_AUTH_CONFIG',
      dependsOn: ['exec'],
    }),
    jobs: Flags.integer({ min: 1, max: 64, default: 4, helpValue: 'N', summary: 'repositories served at once' }),
    timeout: Flags.custom<number>({
      default: 300,
      helpValue: 'SECONDS',
      parse: async (text: string) => parseSeconds(text),
      summary: 'end a program that takes longer',
    })(),
    queue: Flags.integer({
      min: 1,
      max: 1_000_000,
      default: 10_000,
      helpValue: 'N',
      summary: 'events waiting; beyond that senders are told to come again',
    }),
  }
  /** What was accepted is finished, however long it takes; a second Ctrl-C ends it there and then. */
  protected override readonly patienceMs = Number.POSITIVE_INFINITY
  private draining: Promise<unknown> | undefined

  protected async execute(
    args: ArgsOf<typeof WebhookListenCommand>,
    flags: FlagsOf<typeof WebhookListenCommand>,
  ): Promise<undefined> {
    const { signal, notify } = this
    const [{ listenForWebhooks }, { formatTally }, { parseEventWords, selectEvents }] = await Promise.all([
      import('../../webhook/listen.ts'),
      import('../../output/tally.ts'),
      import('../../webhook/select.ts'),
    ])
    const isWanted = selectEvents({
      events: flags.events === undefined ? undefined : parseEventWords(flags.events),
      repositories: flags.repository,
    })
    const path = checkPath(flags.path)
    const hook = await this.hook(flags, args.arguments ?? [])
    const secret = await webhookSecret(flags, process.env, { notify, signal })
    if (secret === undefined && !isLoopback(bracketed(flags.host))) {
      notify({
        code: 'OPEN_LISTENER',
        message: `anybody who reaches ${flags.host} can send notices; give --secret-file`,
      })
    }
    const listener = await listenForWebhooks({
      host: flags.host,
      port: flags.port,
      path,
      secret,
      blobs: flags.blobs,
      isWanted,
      concurrency: flags.jobs,
      capacity: flags.queue,
      deliver: async event => {
        await this.print(event)
        if (hook) await (await import('../../webhook/hook.ts')).runHook(event, hook)
      },
      onFailure: error =>
        notify({ code: 'HOOK_FAILED', message: error instanceof Error ? error.message : String(error) }),
      onRefusal: (_reason, message) =>
        notify({ code: 'NOTICE_REFUSED', message: `refused a request: ${message}; others like it are only counted` }),
    })
    if (!flags.quiet) process.stderr.write(`listening on ${escapeText(`${listener.url}${path}`)}\n`)
    if (!signal.aborted) await once(signal, 'abort')
    const tally = await listener.close()
    if (!flags.quiet) process.stderr.write(`${formatTally(tally)}\n`)
    process.exitCode = signal.reason instanceof RegctlError ? exitCodes[signal.reason.code] : 0
    return undefined
  }

  /** The lines were printed as they came: a stream has one form, with `--json` too. */
  protected view(): string {
    return ''
  }

  protected override document(): undefined {
    return undefined
  }

  /** Waits where the reader of stdout is slow: then senders wait too, and memory does not grow. */
  private async print(event: WebhookEvent): Promise<void> {
    if (process.stdout.write(`${escapeJsonLine(event)}\n`)) return
    this.draining ??= once(process.stdout, 'drain').finally(() => {
      this.draining = undefined
    })
    await this.draining
  }

  private async hook(flags: FlagsOf<typeof WebhookListenCommand>, given: readonly string[]): Promise<Hook | undefined> {
    const args = this.argv.includes('--') ? this.argv.slice(this.argv.indexOf('--') + 1) : []
    if (given.length > args.length) {
      throw new RegctlError('USAGE', `regctl webhook listen does not take ${given[0]}`, {
        hint: 'arguments of the program of --exec stand after --',
      })
    }
    if (flags.exec === undefined) {
      if (args.length === 0) return undefined
      throw new RegctlError('USAGE', 'there are arguments after -- and no --exec', {
        hint: 'name the program: --exec ./deploy.sh -- --env prod',
      })
    }
    const { findHook } = await import('../../webhook/hook.ts')
    const { REGCTL_WEBHOOK_SECRET: _, ...all } = process.env
    const env = flags['pass-login'] ? all : withoutLogins(process.env)
    const file = await findHook(flags.exec, env.PATH ?? '')
    // What it prints is no data of ours.
    return { file, args, env, timeoutSeconds: flags.timeout, output: process.stderr.fd }
  }
}

function checkPath(text: string): string {
  const path = text === '/' ? text : text.replace(/\/$/, '')
  if (/^\/[A-Za-z0-9._~/-]*$/.test(path) && !path.includes('//')) return path
  throw new RegctlError('USAGE', `${JSON.stringify(text.slice(0, 100))} is no path to listen on`, {
    hint: 'such as /hook; the secret is not a part of it',
  })
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}
