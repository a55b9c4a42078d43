import { join } from 'node:path'
import { string } from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../cli/command.ts'
import { checkRepositories, companionFlags, manyTagsFlags, tagSelection } from '../cli/copy-flags.ts'
import { copyAsAsked, missingOf } from '../cli/copy-ways.ts'
import { jobsFlag, limitRateFlag, platformsFlag, progressFlag } from '../cli/flags.ts'
import { imageFormats } from '../copy/format.ts'
import type { CopyOptions } from '../copy/options.ts'
import { createRateLimit } from '../http/rate.ts'
import { RegctlError } from '../model/errors.ts'
import { parseLocation } from '../model/location.ts'
import { formatReference } from '../model/reference.ts'
import { type AnyCopyResult, copyReport, type Told } from '../output/copy-report.ts'

type Report = AnyCopyResult & Told

export default class CopyCommand extends RegctlCommand<typeof CopyCommand, Report> {
  static override summary = 'copy images from one place to another'
  static override description =
    'Blob by blob, with every platform, and nothing that is there already. Digests stay what they are, except where --platform leaves platforms out, and where --format asks for another format: then manifests are written anew, with digests of their own.'
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
    {
      description: 'to two registries, read once',
      command: 'regctl copy nginx:1.27 eu.example/nginx:1.27 us.example/nginx:1.27',
    },
    {
      description: 'into Docker, with no registry between',
      command: 'regctl copy nginx docker-archive:- --platform linux/amd64 | docker load',
    },
    {
      description: 'what Docker has, to a registry',
      command: 'docker save app | regctl copy docker-archive:- registry.example/app:1',
    },
    { description: 'what would be sent', command: 'regctl copy --dry-run nginx registry.example/nginx' },
  ]
  static override args = {
    source: string({
      description:
        'an image, oci:DIR[:TAG], oci-archive:FILE[:TAG] or docker-archive:FILE[:NAME:TAG]; a repository or oci:DIR for many tags',
      required: true,
    }),
    destination: string({ description: 'the same; several for one image', required: true, multiple: true }),
  }
  static override flags = {
    platform: platformsFlag(),
    format: Flags.option({
      options: imageFormats,
      helpValue: imageFormats.join('|'),
      exclusive: ['referrers', 'digest-tags'],
      summary: 'write manifests of another format anew in this one; they get new digests, layers stay as they are',
    })(),
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
    if (selection) checkRepositories(args.source, args.destination)
    this.isPiped = args.destination.some(isStandardOutput)
    if (this.isPiped && flags.json) {
      throw new RegctlError('USAGE', 'an archive and --json would both go to standard output', {
        hint: 'leave out --json, or name a file',
      })
    }
    if (args.destination.filter(isStandardOutput).length > 1) {
      throw new RegctlError('USAGE', 'standard output takes one archive, and several were to go there', {
        hint: 'name files',
      })
    }
    const client = await this.client()
    const [from, ...to] = await Promise.all([
      client.open(args.source),
      ...args.destination.map(text => client.open(text, { write: true, name: nameOf(args.source) })),
    ])
    const result = await copyAsAsked({ from, to, selection }, await this.copyOptions(flags))
    return {
      ...result,
      ...(this.retries > 0 && { retries: this.retries }),
      ...(flags['dry-run'] && { dryRun: true }),
    }
  }

  protected async view(report: Report): Promise<string> {
    if (!this.isPiped) return copyReport(report, this.style)
    await this.aside(style => copyReport(report, style))
    return ''
  }

  protected override shortfall(report: Report): RegctlError | undefined {
    return missingOf(report)
  }

  private async copyOptions(flags: FlagsOf<typeof CopyCommand>): Promise<CopyOptions> {
    const { jobs, limitRate, paths } = await this.settings()
    const progress = this.startProgress(flags.progress)
    return {
      platforms: flags.platform,
      format: flags.format,
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

/** In full, without its digest: what `docker load` will call it. */
function nameOf(text: string): string | undefined {
  const location = parseLocation(text)
  if (location.scheme === 'docker-archive') return location.reference
  if (location.scheme !== 'registry') return undefined
  const { digest: _digest, ...name } = location.reference
  return name.tag === undefined ? undefined : formatReference(name)
}

function isStandardOutput(text: string): boolean {
  const location = parseLocation(text)
  return location.scheme !== 'registry' && location.scheme !== 'oci' && location.path === '-'
}
