import { string } from '@oclif/core/args'
import { type ArgsOf, RegctlCommand } from '../cli/command.ts'
import { hubRegistry, parseRegistry } from '../model/reference.ts'
import { escapeText } from '../output/escape.ts'

interface Whoami {
  registry: string
  /** null for a token, and when nobody is logged in. */
  username: string | null
  /** null when nobody is logged in. */
  source: string | null
}

export default class WhoamiCommand extends RegctlCommand<typeof WhoamiCommand, Whoami> {
  static override summary = 'tell which account would be used, and where it is kept'
  static override examples = ['regctl whoami', 'regctl whoami registry.example:5000 --json']
  static override hiddenAliases = ['registry:whoami']
  static override args = {
    registry: string({ description: 'host[:port]; Docker Hub when left out' }),
  }

  protected async execute(args: ArgsOf<typeof WhoamiCommand>): Promise<Whoami> {
    const registry = parseRegistry(args.registry ?? hubRegistry)
    const found = await (await this.client()).accounts.whoami(registry)
    return { registry, username: found?.username ?? null, source: found?.source ?? null }
  }

  protected view({ registry, username, source }: Whoami): string {
    if (source === null) return escapeText(`nobody is logged in to ${registry}`)
    return escapeText(`${username ?? 'a token'} at ${registry}, from: ${source}`)
  }
}
