import { string } from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../cli/command.ts'
import { limitFlag, repeatableText } from '../cli/flags.ts'
import { describeTags, type TagSummary } from '../image/tags.ts'
import { NotFoundError, RegctlError } from '../model/errors.ts'
import { listSome } from '../model/nearest.ts'
import { isWanted, selectTags, type TagSelection } from '../model/tags.ts'
import { escapeText } from '../output/escape.ts'
import type { Source } from '../store/store.ts'

interface Tags {
  repository: string
  tags: TagSummary[]
}

export default class TagsCommand extends RegctlCommand<typeof TagsCommand, Tags> {
  static override summary = 'list the tags of a repository'
  static override description =
    'One tag a line, in the order of the registry, while the pages come in; --sort, --reverse and --latest wait for the last page. A range takes a prerelease (1.2.3-rc.1, and 1.2.3-alpine too) only when it names one of the same numbers, or when --filter names the suffix.'
  static override examples = [
    'regctl tags nginx',
    { description: 'the newest 1.x release', command: "regctl tags nginx --semver '^1' --latest" },
    {
      description: 'the ten newest alpine builds, with size and platforms',
      command: "regctl tags nginx --filter '*-alpine' --sort semver --reverse --limit 10 --long",
    },
  ]
  static override args = {
    repository: string({ description: 'a repository, oci:DIR or oci-archive:FILE', required: true }),
  }
  static override flags = {
    semver: Flags.string({ helpValue: 'RANGE', summary: 'only versions in this range, such as ^1.27 or ">=3 <5"' }),
    filter: repeatableText({ helpValue: 'GLOB', summary: 'only tags that match (repeatable)' }),
    exclude: repeatableText({ helpValue: 'GLOB', summary: 'no tags that match (repeatable)' }),
    sort: Flags.option({
      options: ['name', 'semver'] as const,
      helpValue: 'name|semver',
      summary: 'by what to sort',
    })(),
    reverse: Flags.boolean({ summary: 'the other way round' }),
    limit: limitFlag,
    latest: Flags.boolean({ summary: 'only the highest release version' }),
    long: Flags.boolean({ char: 'l', summary: 'a table of digest, size, platforms and age' }),
  }
  static override hiddenAliases = ['ls', 'list-tags', 'tag:ls']

  protected async execute(
    { repository }: ArgsOf<typeof TagsCommand>,
    flags: FlagsOf<typeof TagsCommand>,
  ): Promise<Tags> {
    const store = await (await this.client()).openRepository(repository)
    if (!flags.json && !flags.long && !flags.sort && !flags.reverse && !flags.latest) {
      await this.stream(store, flags)
      return { repository: store.location, tags: [] }
    }
    const all: string[] = []
    for await (const tag of store.tags({ signal: this.signal })) all.push(tag)
    const names = selectTags(all, flags)
    if (flags.latest && names.length === 0) {
      throw new NotFoundError(`no tag of ${store.location} is a release version that was asked for`, {
        hint: 'prereleases and suffixes such as -alpine count only where --filter names them',
      })
    }
    const tags = flags.long ? await describeTags(store, names, { signal: this.signal }) : names.map(name => ({ name }))
    return { repository: store.location, tags }
  }

  protected async view({ tags }: Tags): Promise<string> {
    if (!tags.some(tag => 'digest' in tag)) return tags.map(({ name }) => escapeText(name)).join('\n')
    const { tagsTable } = await import('../output/tags-table.ts')
    return tagsTable(tags, this.style)
  }

  protected override shortfall({ repository, tags }: Tags): RegctlError | undefined {
    const failed = tags.filter(({ error }) => error !== undefined)
    const [first] = failed
    if (!first) return undefined
    const names = listSome(failed.map(({ name }) => name))
    return new RegctlError(
      'PARTIAL',
      `${failed.length} of ${tags.length} tags of ${repository} cannot be read: ${names}`,
      {
        hint: `${first.name}: ${first.error?.message}`,
      },
    )
  }

  private async stream(store: Source, selection: TagSelection): Promise<void> {
    const wanted = isWanted(selection)
    let left = selection.limit ?? Number.POSITIVE_INFINITY
    for await (const tag of store.tags({ signal: this.signal })) {
      if (!wanted(tag)) continue
      await this.line(escapeText(tag))
      if (--left === 0) return
    }
  }
}
