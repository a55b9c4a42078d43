import { string } from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import type { RepositorySummary } from '../catalog/catalog.ts'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../cli/command.ts'
import { limitFlag } from '../cli/flags.ts'
import { hubRegistry, parseRegistry } from '../model/reference.ts'

interface Search {
  registry: string
  results: RepositorySummary[]
}

export default class SearchCommand extends RegctlCommand<typeof SearchCommand, Search> {
  static override summary = 'search a registry for repositories'
  static override description =
    'Docker Hub when no registry is named. Docker Hub, Harbor and Nexus search by interfaces of their own; of any other registry the list of repositories is gone through for names that have all the words.'
  static override examples = [
    'regctl search nginx',
    { description: "only Docker's official images", command: 'regctl search postgres --official --limit 5' },
    { description: 'another registry', command: 'regctl search api --registry harbor.example' },
  ]
  static override args = {
    words: string({ description: 'what to look for; several words in quotes', required: true }),
  }
  static override flags = {
    registry: Flags.string({ helpValue: 'HOST', summary: 'host[:port]; Docker Hub when left out' }),
    limit: limitFlag,
    official: Flags.boolean({ summary: "only Docker's official images" }),
  }

  protected async execute({ words }: ArgsOf<typeof SearchCommand>, flags: FlagsOf<typeof SearchCommand>) {
    const registry = parseRegistry(flags.registry ?? hubRegistry)
    const { signal } = this
    const { searchRegistry } = await import('../catalog/search.ts')
    const catalog = await (await this.client()).catalog(registry, { signal })
    const results = await searchRegistry(catalog, words, { limit: flags.limit, official: flags.official, signal })
    if (results.length === 0) {
      this.notify({ code: 'NOTHING_FOUND', message: `nothing at ${registry} matches ${JSON.stringify(words)}` })
    }
    return { registry, results }
  }

  protected async view({ results }: Search): Promise<string> {
    if (results.length === 0) return ''
    const { resultsTable } = await import('../output/repositories-table.ts')
    return resultsTable(results, this.style)
  }
}
