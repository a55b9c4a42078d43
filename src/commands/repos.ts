import { string } from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import type { RepositorySummary } from '../catalog/catalog.ts'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../cli/command.ts'
import { limitFlag, repeatableText } from '../cli/flags.ts'
import { glob } from '../model/glob.ts'
import { parseRegistryPrefix } from '../model/reference.ts'
import { escapeText } from '../output/escape.ts'

interface Repositories {
  registry: string
  repositories: RepositorySummary[]
}

export default class ReposCommand extends RegctlCommand<typeof ReposCommand, Repositories> {
  static override summary = 'list the repositories of a registry'
  static override description =
    'One name a line, while the pages come in. Docker Hub, Harbor and Nexus are asked by interfaces of their own, which know more: --long and --json show it. Docker Hub lists one namespace at a time.'
  static override examples = [
    'regctl repos registry.example:5000',
    'regctl repos registry.example/team',
    "regctl repos registry.example --filter '**/api*'",
    { description: 'of Docker Hub a namespace', command: 'regctl repos docker.io/library' },
    { description: 'with what Harbor, Nexus or Docker Hub count', command: 'regctl repos harbor.example/team --long' },
  ]
  static override args = {
    registry: string({ description: 'REGISTRY[/PREFIX]', required: true }),
  }
  static override flags = {
    filter: repeatableText({
      helpValue: 'GLOB',
      summary: 'only names that match; * stays within one part of a path, ** does not (repeatable)',
    }),
    limit: limitFlag,
    long: Flags.boolean({
      char: 'l',
      summary: 'a table of images, pulls, stars and descriptions, where they are known',
    }),
  }
  static override hiddenAliases = ['catalog', 'repo:ls']

  protected async execute(
    args: ArgsOf<typeof ReposCommand>,
    flags: FlagsOf<typeof ReposCommand>,
  ): Promise<Repositories> {
    const { registry, prefix } = parseRegistryPrefix(args.registry)
    const filters = (flags.filter ?? []).map(pattern => glob(pattern, 'repositories'))
    const catalog = await (await this.client()).catalog(registry, { signal: this.signal })
    const repositories: RepositorySummary[] = []
    let left = flags.limit ?? Number.POSITIVE_INFINITY
    for await (const repository of catalog.repositories({ prefix, signal: this.signal })) {
      if (filters.length > 0 && !filters.some(matches => matches(repository.name))) continue
      if (flags.json || flags.long) repositories.push(repository)
      else await this.line(escapeText(repository.name))
      if (--left === 0) break
    }
    return { registry, repositories }
  }

  /** Without `--long` the lines were printed as they came. */
  protected async view({ repositories }: Repositories): Promise<string> {
    if (repositories.length === 0) return ''
    const { repositoriesTable } = await import('../output/repositories-table.ts')
    return repositoriesTable(repositories, this.style)
  }
}
