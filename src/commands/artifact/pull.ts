import { pipeline } from 'node:stream/promises'
import { string } from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { artifactLayers, pullArtifact } from '../../artifact/pull.ts'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../../cli/command.ts'
import { platformFlag, progressFlag, repeatableText } from '../../cli/flags.ts'
import { openTarget } from '../../cli/target.ts'
import { through } from '../../http/lent.ts'
import type { Descriptor } from '../../model/descriptor.ts'
import { RegctlError } from '../../model/errors.ts'
import { type PulledArtifact, pulledText } from '../../output/artifact.ts'
import { formatPlace } from '../../store/place.ts'
import { verifying } from '../../store/read.ts'
import type { Options, Source } from '../../store/store.ts'

export default class ArtifactPullCommand extends RegctlCommand<typeof ArtifactPullCommand, PulledArtifact | undefined> {
  static override summary = 'bring the files of an artifact into a folder'
  static override description =
    'Each file is verified before it gets its name, and none is written outside the folder, whatever the artifact calls it: a name that reaches further, or that some system takes for something else, leaves only its harmless part, and a warning says so. What is there already is not replaced unless --overwrite is given. A folder that oras packed comes as a .tar.gz.'
  static override examples = [
    'regctl artifact pull registry.example/team/config:v1 --output config',
    {
      description: 'one file into a pipe',
      command: 'regctl artifact pull registry.example/team/config:v1 --file app.yaml --stdout | less',
    },
  ]
  static override args = {
    place: string({ description: 'an artifact, oci:DIR[:TAG] or oci-archive:FILE[:TAG]', required: true }),
  }
  static override flags = {
    output: Flags.string({ char: 'o', helpValue: 'DIR', default: '.', summary: 'where the files go' }),
    file: repeatableText({
      helpValue: 'NAME',
      summary: 'only the file of this name (repeatable)',
      aliases: ['filter-title'],
    }),
    'media-type': repeatableText({ helpValue: 'TYPE', summary: 'only files of this type (repeatable)' }),
    platform: platformFlag({ summary: 'the artifact for this platform, of an index' }),
    stdout: Flags.boolean({ summary: 'write the one file that is chosen to stdout', exclusive: ['json', 'overwrite'] }),
    overwrite: Flags.boolean({ summary: 'replace files that are there' }),
    progress: progressFlag(),
  }
  static override hiddenAliases = ['artifact:get']

  protected async execute(
    { place: text }: ArgsOf<typeof ArtifactPullCommand>,
    flags: FlagsOf<typeof ArtifactPullCommand>,
  ): Promise<PulledArtifact | undefined> {
    const options = { signal: this.signal }
    const { platform } = flags
    const { place, target: root } = await openTarget(await this.client(), text, { ...options, platform })
    const selection = { titles: flags.file, mediaTypes: flags['media-type'] }
    if (flags.stdout) {
      await write(place.store, onlyOne(await artifactLayers(place.store, root, { ...options, ...selection })), options)
      return undefined
    }
    const { onEvent } = this.startProgress(flags.progress)
    const files = await pullArtifact(place.store, root, {
      ...options,
      ...selection,
      folder: flags.output,
      overwrite: flags.overwrite,
      onEvent,
      notify: this.notify,
    })
    return { reference: formatPlace(place), digest: root.digest, files }
  }

  protected async view(result: PulledArtifact | undefined): Promise<string> {
    return result ? pulledText(result, this.style) : ''
  }
}

function onlyOne(layers: readonly Descriptor[]): Descriptor {
  const [first, ...others] = layers
  if (first && others.length === 0) return first
  throw new RegctlError('USAGE', `--stdout takes one file, and the artifact has ${layers.length}`, {
    hint: 'choose one with --file or --media-type',
  })
}

/** The last bytes wait until the digest is right: what is piped on has an end only when it is whole. */
async function write(source: Source, layer: Descriptor, { signal }: Options): Promise<void> {
  const body = through(await source.fetch(layer, { signal }), verifying(layer))
  await pipeline(body, process.stdout, { signal, end: false })
}
