import { join } from 'node:path'
import { string } from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../cli/command.ts'
import { checkRepository, companionFlags, manyTagsFlags, tagSelection } from '../cli/copy-flags.ts'
import { jobsFlag, limitRateFlag, platformsFlag, progressFlag } from '../cli/flags.ts'
import { shortfallOf } from '../cli/shortfall.ts'
import { copy } from '../copy/copy.ts'
import type { CopyOptions } from '../copy/options.ts'
import { createRateLimit } from '../http/rate.ts'
import { RegctlError } from '../model/errors.ts'
import { parseLocation } from '../model/location.ts'
import { type CopyReport, copySummary } from '../output/copy-summary.ts'
import type { CopyTagsReport } from '../output/copy-tags-summary.ts'
import type { Style } from '../output/style.ts'

type Report = CopyReport | CopyTagsReport

export default class CopyCommand extends RegctlCommand<typeof CopyCommand, Report> {
  static override summary = 'copy images from one place to another'
  static override description =
    'Blob by blob, with every platform, and nothing that is there already. Digests stay what they are, except where --platform leaves platforms out: then a smaller index is written, with a digest of its own.'
  static override examples = [
    'regctl copy alpine:3.22 localhost:5000/alpine:3.22',
    { description: 'into a folder, and from there behind an air gap', command: 'regctl copy nginx oci:nginx:latest' },
    {
      description: 'two platforms of many',
      command: 'regctl copy nginx registry.example/nginx --platform linux/amd64 --platform linux/arm64',
    },
    {
      description: 'with its signatures, attestations and SBOMs',
      command: 'regctl copy --referrers --digest-tags ghcr.io/team/app:1.2 registry.example/app:1.2',
    },
    {
      description: 'the five newest releases of 1.x',
      command: "regctl copy nginx registry.example/nginx --semver '^1' --latest 5",
    },
    {
      description: 'into a file, an image layout in a tar archive',
      command: 'regctl copy nginx oci-archive:nginx.tar',
    },
    { description: 'what would be sent', command: 'regctl copy --dry-run nginx registry.example/nginx' },
  ]
  static override args = {
    source: string({
      description: 'an image, oci:DIR[:TAG] or oci-archive:FILE[:TAG]; a repository or oci:DIR for many tags',
      required: true,
    }),
    destination: string({ description: 'the same', required: true }),
  }
  static override flags = {
    platform: platformsFlag(),
    'dry-run': Flags.boolean({ summary: 'send nothing, tell what would be sent' }),
    'no-clobber': Flags.boolean({ summary: 'refuse to move a tag that names something else', exclusive: ['force'] }),
    force: Flags.boolean({ summary: 'check every part at the destination, even below a manifest that is there' }),
    jobs: jobsFlag,
    'limit-rate': limitRateFlag(),
    progress: progressFlag(),
    ...manyTagsFlags,
    ...companionFlags,
    all: Flags.boolean({ hidden: true, summary: "every platform, which is what happens anyway: skopeo's word" }),
  }
  static override hiddenAliases = ['cp', 'image:copy']

  /** The archive is what stdout is for. */
  private isPiped = false

  protected async execute(args: ArgsOf<typeof CopyCommand>, flags: FlagsOf<typeof CopyCommand>): Promise<Report> {
    const selection = tagSelection(flags)
    if (selection) for (const text of [args.source, args.destination]) checkRepository(text)
    this.isPiped = isStandardOutput(args.destination)
    if (this.isPiped && flags.json) {
      throw new RegctlError('USAGE', `${args.destination} and --json both write to standard output`, {
        hint: 'leave out --json, or name a file',
      })
    }
    const client = await this.client()
    const [from, to] = await Promise.all([client.open(args.source), client.open(args.destination, { write: true })])
    const options = await this.copyOptions(flags)
    const result = selection
      ? await (await import('../copy/tags.ts')).copyTags(from, to, { ...options, selection })
      : await copy(from, to, options)
    if (!flags['dry-run']) await to.store.close?.()
    return {
      ...result,
      ...(this.retries > 0 && { retries: this.retries }),
      ...(flags['dry-run'] && { dryRun: true }),
    }
  }

  protected async view(result: Report): Promise<string> {
    if (!this.isPiped) return summary(result, this.style)
    await this.aside(style => summary(result, style))
    return ''
  }

  protected override shortfall(result: Report): RegctlError | undefined {
    if (!('images' in result)) return undefined
    const failed = result.images.flatMap(image =>
      'error' in image ? [{ name: image.reference, message: image.error.message }] : [],
    )
    return shortfallOf({ failed, total: result.images.length, what: `tags of ${result.source}` })
  }

  private async copyOptions(flags: FlagsOf<typeof CopyCommand>): Promise<CopyOptions> {
    const { jobs, limitRate, paths } = await this.settings()
    const progress = this.startProgress(flags.progress)
    return {
      platforms: flags.platform,
      referrers: flags.referrers,
      artifactTypes: flags['artifact-type'],
      digestTags: flags['digest-tags'],
      dryRun: flags['dry-run'],
      noClobber: flags['no-clobber'],
      force: flags.force,
      jobs,
      rateLimit: limitRate === undefined ? undefined : createRateLimit(limitRate),
      signal: this.signal,
      onEvent: progress.onEvent,
      notify: this.notify,
      journals: join(paths.state, 'copies'),
    }
  }
}

async function summary(result: Report, style: Style): Promise<string> {
  if (!('images' in result)) return copySummary(result, style)
  const { copyTagsSummary } = await import('../output/copy-tags-summary.ts')
  return copyTagsSummary(result, style)
}

function isStandardOutput(text: string): boolean {
  const location = parseLocation(text)
  return location.scheme !== 'registry' && location.scheme !== 'oci' && location.path === '-'
}
