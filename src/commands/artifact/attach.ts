import { string } from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { pushFiles, withStdinAsPath } from '../../cli/artifact-files.ts'
import { annotationFlag, artifactTypeFlag } from '../../cli/artifact-flags.ts'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../../cli/command.ts'
import { platformFlag, progressFlag } from '../../cli/flags.ts'
import { openTarget } from '../../cli/target.ts'
import { RegctlError } from '../../model/errors.ts'
import { type PushedArtifact, pushedText } from '../../output/artifact.ts'

export default class ArtifactAttachCommand extends RegctlCommand<typeof ArtifactAttachCommand, PushedArtifact> {
  static override summary = 'push files that refer to an image'
  static override description =
    'An artifact in the repository of the image, with the image as its subject: it has no tag, and artifact list finds it. Attaching the same once more changes nothing.'
  static override examples = [
    'regctl artifact attach registry.example/nginx:1.27 sbom.spdx.json:application/spdx+json --artifact-type application/spdx+json',
    {
      description: 'to the image of one platform, from a pipe',
      command:
        'regctl artifact attach registry.example/nginx:1.27 --platform linux/arm64 -:application/json --artifact-type application/vnd.example.report',
    },
  ]
  static override args = {
    subject: string({
      description: 'the image that is meant, oci:DIR[:TAG] or oci-archive:FILE[:TAG]',
      required: true,
    }),
    file: string({ description: 'FILE[:TYPE], or -[:TYPE] for standard input', multiple: true }),
  }
  static override flags = {
    'artifact-type': artifactTypeFlag({ summary: 'what kind of artifact it is; needed, unless there is a --config' }),
    annotation: annotationFlag,
    'annotation-file': Flags.string({
      helpValue: 'FILE',
      summary: 'annotations in JSON, as oras takes them: of $manifest, $config, and of files by their name',
    }),
    config: Flags.string({ helpValue: 'FILE[:TYPE]', summary: 'a config; without one it is the empty one' }),
    platform: platformFlag({ summary: 'attach to the image for this platform' }),
    progress: progressFlag(),
  }
  static override hiddenAliases = ['attach']

  override async run(): Promise<void> {
    this.argv = withStdinAsPath(this.argv)
    await super.run()
  }

  protected async execute(
    { subject: text, file = [] }: ArgsOf<typeof ArtifactAttachCommand>,
    { platform, ...flags }: FlagsOf<typeof ArtifactAttachCommand>,
  ): Promise<PushedArtifact> {
    if (flags['artifact-type'] === undefined && flags.config === undefined) {
      throw new RegctlError('USAGE', 'an attached artifact needs a type', {
        hint: 'say what it is: --artifact-type application/spdx+json',
      })
    }
    const client = await this.client()
    const options = { signal: this.signal }
    const { place, target: subject } = await openTarget(client, text, { ...options, platform, change: true })
    const { onEvent } = this.startProgress(flags.progress)
    return pushFiles(place.store, file, { ...options, flags, subject, onEvent })
  }

  protected view(result: PushedArtifact): string {
    return pushedText(result)
  }
}
