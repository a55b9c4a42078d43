import { string } from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../cli/command.ts'
import { compare } from '../cli/compare.ts'
import { platformFlag, pullCommandFlag } from '../cli/flags.ts'
import { openTarget } from '../cli/target.ts'
import type { Diff } from '../image/diff.ts'
import { inspect, type Report } from '../image/inspect.ts'
import { type PullCommands, type PullTool, pullCommands } from '../image/pull-command.ts'
import type { Descriptor } from '../model/descriptor.ts'
import { NotFoundError, RegctlError } from '../model/errors.ts'
import { parseJson } from '../model/json.ts'
import { parseLocation } from '../model/location.ts'
import { repositoryName } from '../model/reference.ts'
import { escapeJson, escapeText } from '../output/escape.ts'
import { formatPlace } from '../store/place.ts'
import { readManifest, readVerified } from '../store/read.ts'
import type { Options, Source } from '../store/store.ts'

/** A report, of two images what differs, or with `--config` whatever JSON the config is; nothing with `--raw`, whose bytes were written as they are. */
type Inspected = { report: Report; pull?: PullCommands } | { config: unknown } | { diff: Diff } | undefined

export default class InspectCommand extends RegctlCommand<typeof InspectCommand, Inspected> {
  static override summary = 'show what an image is made of'
  static override description =
    'Id, digest, size, platform, layers and configuration; of an index a table of its platforms. Of two images what differs.'
  static override examples = [
    'regctl inspect nginx:1.27',
    'regctl inspect nginx --platform linux/arm64 --json',
    { description: 'and how to pull it, pinned', command: 'regctl inspect nginx:1.27 --pull-command podman' },
    { description: 'the exact bytes of the manifest', command: 'regctl inspect nginx --raw | sha256sum' },
    { description: 'from a folder', command: 'regctl inspect oci:build:v1' },
    { description: 'what differs', command: 'regctl inspect nginx:1.26 nginx:1.27 --platform linux/amd64' },
  ]
  static override args = {
    place: string({
      description: 'an image, oci:DIR[:TAG], oci-archive:FILE[:TAG] or docker-archive:FILE[:NAME:TAG]',
      required: true,
    }),
    other: string({ description: 'another one: what differs' }),
  }
  static override flags = {
    platform: platformFlag(),
    raw: Flags.boolean({ summary: 'the exact bytes of the manifest, or of the config with --config' }),
    config: Flags.boolean({ summary: 'the config of the image' }),
    'pull-command': pullCommandFlag({ exclusive: ['raw', 'config'] }),
  }
  static override hiddenAliases = ['image:inspect']

  protected async execute(
    args: ArgsOf<typeof InspectCommand>,
    flags: FlagsOf<typeof InspectCommand>,
  ): Promise<Inspected> {
    const options = { signal: this.signal }
    const client = await this.client()
    if (args.other !== undefined) {
      if (flags.raw || flags.config) throw new RegctlError('USAGE', 'of two images neither --raw nor --config is shown')
      return { diff: await compare(client, [args.place, args.other], { ...options, platform: flags.platform }) }
    }
    const { place, target } = await openTarget(client, args.place, { ...options, platform: flags.platform })
    if (!flags.raw && !flags.config) {
      const report = await inspect(place.store, target, { ...options, reference: formatPlace(place) })
      const tool = flags['pull-command']
      return { report, ...(tool && { pull: pullsOf(tool, args.place, report) }) }
    }
    const content = flags.config ? await configOf(place.store, target, options) : target
    const bytes = await readVerified(place.store, content, options)
    if (!flags.raw) return { config: parseJson(bytes, `config ${content.digest}`) }
    process.stdout.write(bytes)
    return undefined
  }

  protected override document(result: Inspected): unknown {
    if (result === undefined) return undefined
    if ('diff' in result) return result.diff
    if ('config' in result) return result.config
    return { ...result.report, ...(result.pull && { pull: result.pull }) }
  }

  protected async view(result: Inspected): Promise<string> {
    if (result === undefined) return ''
    if ('config' in result) return escapeJson(result.config)
    if ('diff' in result) {
      const { diffPage } = await import('../output/diff-page.ts')
      return diffPage(result.diff, this.style)
    }
    const { reportPage } = await import('../output/report.ts')
    const { tag, digest } = result.pull ?? {}
    const commands = [tag, digest].flatMap(line => (line === undefined ? [] : [escapeText(line)])).join('\n')
    return [await reportPage(result.report, this.style), commands].filter(Boolean).join('\n\n')
  }
}

/** @throws RegctlError USAGE for a place that no such program pulls from */
function pullsOf(tool: PullTool, text: string, { digest }: Report): PullCommands {
  const location = parseLocation(text)
  if (location.scheme === 'registry') {
    const { tag } = location.reference
    return pullCommands(tool, { repository: repositoryName(location.reference), tag, digest })
  }
  throw new RegctlError('USAGE', `${text} is no image in a registry, so no ${tool} can pull it`, {
    hint: 'leave --pull-command out, or copy it to a registry first',
  })
}

async function configOf(source: Source, root: Descriptor, options: Options): Promise<Descriptor> {
  const manifest = await readManifest(source, root, options)
  if (manifest.kind === 'image' && manifest.config) return manifest.config
  if (manifest.kind === 'image') throw new NotFoundError(`${root.digest} has no config`)
  throw new RegctlError('USAGE', `${root.digest} is an index, and each of its images has a config`, {
    hint: 'choose one with --platform',
  })
}
