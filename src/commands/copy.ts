import { join } from 'node:path'
import { string } from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../cli/command.ts'
import { companionFlags } from '../cli/copy-flags.ts'
import { jobsFlag, limitRateFlag, platformsFlag, progressFlag } from '../cli/flags.ts'
import { copy } from '../copy/copy.ts'
import { createRateLimit } from '../http/rate.ts'
import { type CopyReport, copySummary } from '../output/copy-summary.ts'

export default class CopyCommand extends RegctlCommand<typeof CopyCommand, CopyReport> {
  static override summary = 'copy an image from one place to another'
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
    { description: 'what would be sent', command: 'regctl copy --dry-run nginx registry.example/nginx' },
  ]
  static override args = {
    source: string({ description: 'an image, or oci:DIR[:TAG]', required: true }),
    destination: string({ description: 'an image, or oci:DIR[:TAG]', required: true }),
  }
  static override flags = {
    platform: platformsFlag(),
    ...companionFlags,
    'dry-run': Flags.boolean({ summary: 'send nothing, tell what would be sent' }),
    'no-clobber': Flags.boolean({ summary: 'refuse to move a tag that names something else', exclusive: ['force'] }),
    force: Flags.boolean({ summary: 'check every part at the destination, even below a manifest that is there' }),
    jobs: jobsFlag,
    'limit-rate': limitRateFlag(),
    progress: progressFlag(),
  }
  static override hiddenAliases = ['cp', 'image:copy']

  protected async execute(args: ArgsOf<typeof CopyCommand>, flags: FlagsOf<typeof CopyCommand>): Promise<CopyReport> {
    const client = await this.client()
    const [from, to] = await Promise.all([client.open(args.source), client.open(args.destination, { write: true })])
    const { jobs, limitRate, paths } = await this.settings()
    const progress = this.startProgress(flags.progress)
    const result = await copy(from, to, {
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
    })
    return {
      ...result,
      ...(this.retries > 0 && { retries: this.retries }),
      ...(flags['dry-run'] && { dryRun: true }),
    }
  }

  protected view(result: CopyReport): string {
    return copySummary(result, this.style)
  }
}
