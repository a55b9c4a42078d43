import { string } from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../cli/command.ts'
import { redactText } from '../http/redact.ts'
import { type FailureWords, RegctlError } from '../model/errors.ts'
import { listSome } from '../model/nearest.ts'
import { hubRegistry, parseRegistry } from '../model/reference.ts'
import { escapeText } from '../output/escape.ts'

interface Logout {
  registry: string
  /** The stores that had it; none when there was nothing. */
  removed: string[]
  /** Why it could not be forgotten. */
  error?: FailureWords
}

export default class LogoutCommand extends RegctlCommand<typeof LogoutCommand, Logout | { registries: Logout[] }> {
  static override summary = 'forget a login'
  static override description = 'Removes it from every place where it is kept, under every name of the host.'
  static override examples = ['regctl logout', 'regctl logout ghcr.io', 'regctl logout --all']
  static override args = {
    registry: string({ description: 'host[:port]; Docker Hub when left out' }),
  }
  static override flags = {
    all: Flags.boolean({ summary: 'every registry that a login is kept for' }),
  }
  static override hiddenAliases = ['registry:logout', 'auth:logout']

  protected async execute(
    { registry }: ArgsOf<typeof LogoutCommand>,
    { all }: FlagsOf<typeof LogoutCommand>,
  ): Promise<Logout | { registries: Logout[] }> {
    const { accounts } = await this.client()
    if (!all) return logout(parseRegistry(registry ?? hubRegistry))
    const registries: Logout[] = []
    for (const each of await accounts.registries())
      registries.push(await logout(each).catch(error => failed(each, error)))
    return { registries }

    async function logout(registry: string): Promise<Logout> {
      return { registry, removed: await accounts.logout(registry) }
    }
  }

  protected view(result: Logout | { registries: Logout[] }): string {
    const logouts = 'registries' in result ? result.registries : [result]
    if (logouts.length === 0) return 'there was no login to forget'
    return logouts
      .filter(({ error }) => error === undefined)
      .map(({ registry, removed }) =>
        escapeText(
          removed.length > 0
            ? `logged out of ${registry}, forgotten in: ${removed.join(', ')}`
            : `there was no login for ${registry}`,
        ),
      )
      .join('\n')
  }

  protected override shortfall(result: Logout | { registries: Logout[] }): RegctlError | undefined {
    if (!('registries' in result)) return undefined
    const failures = result.registries.filter(({ error }) => error !== undefined)
    const [first] = failures
    if (!first) return undefined
    const names = listSome(failures.map(({ registry }) => registry))
    return new RegctlError('PARTIAL', `could not log out of ${names}`, {
      hint: `${first.registry}: ${first.error?.message}`,
    })
  }
}

/** The others are to be forgotten all the same. */
function failed(registry: string, thrown: unknown): Logout {
  if (!(thrown instanceof Error)) throw thrown
  const code = thrown instanceof RegctlError ? thrown.code : 'FAILED'
  return { registry, removed: [], error: { code, message: redactText(thrown.message) } }
}
