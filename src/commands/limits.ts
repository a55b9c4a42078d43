import { string } from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import type { Limits } from '../catalog/catalog.ts'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../cli/command.ts'
import { RegctlError } from '../model/errors.ts'
import { hubRegistry, parseRegistry } from '../model/reference.ts'
import { escapeText } from '../output/escape.ts'
import { formatCount, formatDuration } from '../output/units.ts'

interface Result extends Limits {
  /** Asked for with `--min`. */
  min?: number
}

export default class LimitsCommand extends RegctlCommand<typeof LimitsCommand, Result> {
  static override summary = 'show how many pulls a registry still grants'
  static override description =
    'Docker Hub counts pulls by account, or by address for whoever is not logged in. Asking takes none of them away. With --min it is a check for CI: exit 5 when fewer are left.'
  static override examples = [
    'regctl limits',
    { description: 'before a job that pulls fifty images', command: 'regctl limits docker.io --min 50' },
  ]
  static override args = {
    registry: string({ description: 'host[:port]; Docker Hub when left out' }),
  }
  static override flags = {
    min: Flags.integer({ min: 1, helpValue: 'N', summary: 'exit 5 when fewer pulls than that are left' }),
  }

  protected async execute(args: ArgsOf<typeof LimitsCommand>, { min }: FlagsOf<typeof LimitsCommand>): Promise<Result> {
    const registry = parseRegistry(args.registry ?? hubRegistry)
    const { signal } = this
    const catalog = await (await this.client()).catalog(registry, { signal })
    if (!catalog.limits) {
      throw new RegctlError('UNSUPPORTED', `${registry} does not tell of limits on pulls`, {
        hint: 'Docker Hub does: regctl limits docker.io',
      })
    }
    return { ...(await catalog.limits({ signal })), ...(min !== undefined && { min }) }
  }

  protected override document({ min: _, ...limits }: Result): unknown {
    return limits
  }

  protected view({ registry, limit, remaining, windowSeconds, source, account }: Result): string {
    const whom = account ?? `this address${source === null ? '' : ` (${source})`}`
    if (limit === null || remaining === null) return escapeText(`${registry}: no limit on pulls for ${whom}`)
    const window = windowSeconds === null ? '' : `, counted over ${formatDuration(windowSeconds)}`
    return escapeText(`${registry}: ${remaining} of ${formatCount(limit, 'pull')} left for ${whom}${window}`)
  }

  protected override shortfall({ registry, remaining, account, min }: Result): RegctlError | undefined {
    if (min === undefined || remaining === null || remaining >= min) return undefined
    return new RegctlError('RATE_LIMITED', `${registry} grants ${formatCount(remaining, 'pull')}, fewer than ${min}`, {
      hint: account === null ? `wait, or log in: regctl login ${registry}` : 'wait, or use an account that has more',
    })
  }
}
