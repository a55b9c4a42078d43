import { string } from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../cli/command.ts'
import { digestFlag, jobsFlag, limitFlag, pullCommandFlag, repeatableText } from '../cli/flags.ts'
import { resolveTags, tagsNaming } from '../image/naming.ts'
import { type PullCommands, pullCommands } from '../image/pull-command.ts'
import { detailSorts, isDetailSort, orderTags } from '../image/tag-order.ts'
import type { TagSummary } from '../image/tags.ts'
import type { Digest } from '../model/digest.ts'
import { NotFoundError, RegctlError } from '../model/errors.ts'
import { listSome } from '../model/nearest.ts'
import { parseAge } from '../model/quantity.ts'
import { isWanted, selectTags, type TagSelection } from '../model/tags.ts'
import { escapeText } from '../output/escape.ts'
import { resolvePlace } from '../store/resolve.ts'
import type { Options, Source } from '../store/store.ts'

type Flag = FlagsOf<typeof TagsCommand>
/** By name alone. */
type Selection = Omit<TagSelection, 'sort'>

interface Tags {
  repository: string
  /** What all of these tags name, where that was asked for. */
  digest?: Digest
  tags: (TagSummary & { pull?: PullCommands })[]
  /** Tags of which it could not be found out. */
  unread?: TagSummary[]
}

export default class TagsCommand extends RegctlCommand<typeof TagsCommand, Tags> {
  static override summary = 'list the tags of a repository'
  static override description =
    'One tag a line, in the order of the registry, while the pages come in; --sort, --reverse and --latest wait for the last page. With --digest or --same each tag is looked up, some side by side, and those that match are printed as they are found. A range takes a prerelease (1.2.3-rc.1, and 1.2.3-alpine too) only when it names one of the same numbers, or when --filter names the suffix.'
  static override examples = [
    'regctl tags nginx',
    { description: 'the newest 1.x release', command: "regctl tags nginx --semver '^1' --latest" },
    {
      description: 'the ten newest alpine builds, with size and platforms',
      command: "regctl tags nginx --filter '*-alpine' --sort semver --reverse --limit 10 --long",
    },
    { description: 'the other names of an image', command: 'regctl tags nginx:latest --same' },
    { description: 'what was pushed last', command: 'regctl tags nginx --newest 5 --long --pull-command docker' },
    { description: 'what could go', command: "regctl tags registry.example/app --filter 'pr-*' --older-than 90d" },
  ]
  static override args = {
    repository: string({
      description: 'a repository, oci:DIR, oci-archive:FILE or docker-archive:FILE; with --same an image',
      required: true,
    }),
  }
  static override flags = {
    semver: Flags.string({ helpValue: 'RANGE', summary: 'only versions in this range, such as ^1.27 or ">=3 <5"' }),
    filter: repeatableText({ helpValue: 'GLOB', summary: 'only tags that match (repeatable)' }),
    exclude: repeatableText({ helpValue: 'GLOB', summary: 'no tags that match (repeatable)' }),
    sort: Flags.option({
      options: ['name', 'semver', ...detailSorts] as const,
      helpValue: ['name', 'semver', ...detailSorts].join('|'),
      summary: 'by what to sort, the least or the oldest first',
    })(),
    reverse: Flags.boolean({ summary: 'the other way round' }),
    limit: limitFlag,
    latest: Flags.boolean({ summary: 'only the highest release version' }),
    digest: digestFlag({ summary: 'only tags that name this digest' }),
    same: Flags.boolean({ exclusive: ['digest'], summary: 'only tags that name the same as this image' }),
    jobs: jobsFlag,
    newest: Flags.integer({
      min: 1,
      helpValue: 'N',
      summary: 'so many, the newest first: by when they were pushed, else by when they were made',
    }),
    'older-than': Flags.custom<number>({
      helpValue: 'AGE',
      parse: async (text: string) => parseAge(text),
      summary: 'only tags pushed, or else made, longer ago than that: 36h, 90d, 2w, 1y',
    })(),
    'pull-command': pullCommandFlag({ dependsOn: ['long'] }),
    long: Flags.boolean({ char: 'l', summary: 'a table of digest, size, platforms and age' }),
  }
  static override hiddenAliases = ['ls', 'list-tags', 'tag:ls', 'repo:tags']

  protected async execute(
    { repository }: ArgsOf<typeof TagsCommand>,
    flags: FlagsOf<typeof TagsCommand>,
  ): Promise<Tags> {
    const client = await this.client()
    const place = flags.same ? await client.open(repository) : undefined
    const store = place?.store ?? (await client.openRepository(repository))
    const digest = place ? (await resolvePlace(place, { signal: this.signal })).digest : flags.digest
    const isStream =
      !flags.json && !flags.long && !flags.sort && !flags.reverse && !flags.latest && !goesByDetail(flags)
    if (digest !== undefined) return this.naming(store, digest, { ...flags, isStream })
    if (isStream) {
      await this.stream(store, flags)
      return { repository: store.location, tags: [] }
    }
    const all: string[] = []
    for await (const tag of store.tags({ signal: this.signal })) all.push(tag)
    const tags = await this.chosen(store, all, flags)
    if (flags.latest && tags.length === 0) {
      throw new NotFoundError(`no tag of ${store.location} is a release version that was asked for`, {
        hint: 'prereleases and suffixes such as -alpine count only where --filter names them',
      })
    }
    return { repository: store.location, tags }
  }

  protected async view({ tags }: Tags): Promise<string> {
    if (!tags.some(tag => 'platforms' in tag)) return tags.map(({ name }) => escapeText(name)).join('\n')
    const { tagsTable } = await import('../output/tags-table.ts')
    const commands = tags.flatMap(({ pull }) => [pull?.tag, pull?.digest].flatMap(line => line ?? []))
    return [await tagsTable(tags, this.style), commands.map(escapeText).join('\n')].filter(Boolean).join('\n\n')
  }

  protected override shortfall({ repository, tags, unread = [] }: Tags): RegctlError | undefined {
    const failed = [...tags, ...unread].filter(({ error }) => error !== undefined)
    const [first] = failed
    if (!first) return undefined
    const names = listSome(failed.map(({ name }) => name))
    return new RegctlError(
      'PARTIAL',
      unread.length > 0
        ? `${names} of ${repository} cannot be looked up, and may belong to the list`
        : `${failed.length} of ${tags.length} tags of ${repository} cannot be read: ${names}`,
      {
        hint: `${first.name}: ${first.error?.message}`,
      },
    )
  }

  /** Those that name one digest, each looked up by HEAD; printed as they are found where nothing has to wait for the last. */
  private async naming(
    store: Source,
    digest: Digest,
    { isStream, ...flags }: Flag & { isStream: boolean },
  ): Promise<Tags> {
    const options = { jobs: (await this.settings()).jobs, signal: this.signal }
    const result = { repository: store.location, digest }
    const { limit, ...selection } = flags
    const [found, unread]: [string[], TagSummary[]] = [[], []]
    for await (const { tag, error } of tagsNaming(
      resolveTags(store, wantedOf(store, selection, options), options),
      digest,
    )) {
      if (error) unread.push({ name: tag, error })
      else found.push(tag)
      if (!error && isStream) await this.line(escapeText(tag))
      if (!flags.sort && !flags.reverse && !flags.latest && !goesByDetail(flags) && found.length === limit) break
    }
    const missing = unread.length > 0 && { unread }
    if (isStream) return { ...result, tags: [], ...missing }
    return { ...result, tags: await this.chosen(store, found, flags, digest), ...missing }
  }

  /** Of all names those that were asked for, in order, with what more was asked for. */
  private async chosen(
    store: Source,
    all: readonly string[],
    { newest, 'older-than': olderThan, sort, 'pull-command': tool, ...flags }: Flag,
    digest?: Digest,
  ): Promise<Tags['tags']> {
    const order = { newest, olderThan, reverse: flags.reverse, limit: flags.limit, ...(isDetailSort(sort) && { sort }) }
    const byDetail = goesByDetail({ newest, 'older-than': olderThan, sort })
    const byName = { ...flags, hasImageNames: store.hasImageNames, ...(sort && !isDetailSort(sort) && { sort }) }
    // What goes by more than names has its order and its limit once that is known.
    const names = selectTags(all, byDetail ? { ...byName, reverse: false, limit: Number.POSITIVE_INFINITY } : byName)
    if (!flags.long && !byDetail) return names.map(name => ({ name, ...(digest && { digest }) }))
    const options = { created: sort === 'created', signal: this.signal }
    const described = await (await this.client()).describeTags(store, names, options)
    const tags = byDetail ? orderTags(described, order) : described
    if (!flags.long && !flags.json) return tags.map(({ name }) => ({ name }))
    if (tool === undefined) return tags
    return tags.map(tag => ({
      ...tag,
      pull: pullCommands(tool, { repository: store.location, tag: tag.name, digest: tag.digest }),
    }))
  }

  private async stream(store: Source, selection: Selection): Promise<void> {
    let left = selection.limit ?? Number.POSITIVE_INFINITY
    for await (const tag of wantedOf(store, selection, { signal: this.signal })) {
      await this.line(escapeText(tag))
      if (--left === 0) return
    }
  }
}

/** Whether more must be known of the tags than their names before it is clear which are wanted, and in what order. */
function goesByDetail({
  newest,
  'older-than': olderThan,
  sort,
}: Pick<Flag, 'newest' | 'older-than' | 'sort'>): boolean {
  return newest !== undefined || olderThan !== undefined || isDetailSort(sort)
}

async function* wantedOf(store: Source, selection: Selection, options: Options): AsyncGenerator<string> {
  const wanted = isWanted({ ...selection, hasImageNames: store.hasImageNames })
  for await (const tag of store.tags(options)) if (wanted(tag)) yield tag
}
