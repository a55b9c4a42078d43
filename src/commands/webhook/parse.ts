import { string } from '@oclif/core/args'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../../cli/command.ts'
import { readInput } from '../../cli/input.ts'
import { webhookFlags } from '../../cli/webhook-flags.ts'
import { escapeJsonLine } from '../../output/escape.ts'

/** Days of a busy registry's log, and no machine's whole memory (T12). */
const mostBytes = 64 * 1024 * 1024

export default class WebhookParseCommand extends RegctlCommand<typeof WebhookParseCommand, undefined> {
  static override summary = 'turn push notices into one JSON line for each event'
  static override description =
    'Reads a payload of Docker Hub, Harbor (default or CloudEvents), Nexus or distribution, or one on each line of a log. Every event has event, registry, repository, tag, digest, actor, time, product and id; what the product does not tell is null.'
  static override examples = [
    'regctl webhook parse payload.json',
    {
      description: 'pushes of one team from a log',
      command: "regctl webhook parse --events push --repository 'team/**' < notices.jsonl",
    },
  ]
  static override args = {
    file: string({ description: 'a file; - or nothing is stdin' }),
  }
  static override flags = webhookFlags

  protected async execute(
    args: ArgsOf<typeof WebhookParseCommand>,
    flags: FlagsOf<typeof WebhookParseCommand>,
  ): Promise<undefined> {
    const [{ readDocuments }, { parseEventWords, selectEvents }] = await Promise.all([
      import('../../webhook/documents.ts'),
      import('../../webhook/select.ts'),
    ])
    const isWanted = selectEvents({
      events: flags.events === undefined ? undefined : parseEventWords(flags.events),
      repositories: flags.repository,
    })
    const bytes = await readInput(args.file, { cap: mostBytes, signal: this.signal })
    const what = args.file === undefined || args.file === '-' ? 'stdin' : args.file
    const { events, layers } = readDocuments(bytes.toString(), what, { blobs: flags.blobs })
    for (const event of events) if (isWanted(event)) process.stdout.write(`${escapeJsonLine(event)}\n`)
    if (layers > 0) this.notify({ code: 'LAYERS_LEFT_OUT', message: leftOut(layers) })
    return undefined
  }

  /** The lines were printed already: a stream has one form, with `--json` too. */
  protected view(): string {
    return ''
  }

  protected override document(): undefined {
    return undefined
  }
}

function leftOut(layers: number): string {
  return layers === 1
    ? '1 event about a layer is left out; --blobs shows it'
    : `${layers} events about layers are left out; --blobs shows them`
}
