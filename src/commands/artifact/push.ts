import { string } from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { pushFiles, withStdinAsPath } from '../../cli/artifact-files.ts'
import { annotationFlag, artifactTypeFlag, namesTag } from '../../cli/artifact-flags.ts'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../../cli/command.ts'
import { platformFlag, progressFlag } from '../../cli/flags.ts'
import { findSubject } from '../../cli/subject.ts'
import { isDigest } from '../../model/digest.ts'
import { RegctlError } from '../../model/errors.ts'
import { type PushedArtifact, pushedText } from '../../output/artifact.ts'

export default class ArtifactPushCommand extends RegctlCommand<typeof ArtifactPushCommand, PushedArtifact> {
  static override summary = 'push files as an artifact'
  static override description =
    'Each file becomes a layer that keeps its name. FILE is a path, or - for standard input, with a media type behind a colon where it is known. The same files under the same words have the same digest: no time is written. Without a tag it is latest, and with --subject it has only its digest.'
  static override examples = [
    'regctl artifact push registry.example/team/config:v1 app.yaml:application/yaml --artifact-type application/vnd.example.config',
    {
      description: 'from a pipe, referring to an image of the same repository',
      command:
        'syft nginx -o spdx-json | regctl artifact push registry.example/nginx -:application/spdx+json --artifact-type application/spdx+json --subject registry.example/nginx:1.27',
    },
  ]
  static override args = {
    place: string({ description: 'a repository with a tag, oci:DIR[:TAG] or oci-archive:FILE[:TAG]', required: true }),
    file: string({ description: 'FILE[:TYPE], or -[:TYPE]; none at all is an artifact too', multiple: true }),
  }
  static override flags = {
    'artifact-type': artifactTypeFlag({ summary: 'what kind of artifact it is' }),
    annotation: annotationFlag,
    'annotation-file': Flags.string({
      helpValue: 'FILE',
      summary: 'annotations in JSON, as oras takes them: of $manifest, $config, and of files by their name',
    }),
    config: Flags.string({ helpValue: 'FILE[:TYPE]', summary: 'a config; without one it is the empty one' }),
    platform: platformFlag({ summary: 'what it is for; kept in a config' }),
    subject: Flags.string({ helpValue: 'IMAGE|DIGEST', summary: 'what it refers to, in the same repository' }),
    progress: progressFlag(),
  }
  static override hiddenAliases = ['artifact:put']

  override async run(): Promise<void> {
    this.argv = withStdinAsPath(this.argv)
    await super.run()
  }

  protected async execute(
    { place: text, file = [] }: ArgsOf<typeof ArtifactPushCommand>,
    flags: FlagsOf<typeof ArtifactPushCommand>,
  ): Promise<PushedArtifact> {
    const client = await this.client()
    const place = await client.open(text, { write: true })
    if (isDigest(place.reference)) {
      throw new RegctlError('USAGE', `${text} names a digest, and that of an artifact follows from its content`, {
        hint: 'name a tag, or only the repository',
      })
    }
    const options = { signal: this.signal }
    const subject = await findSubject(flags.subject, { client, store: place.store, ...options })
    const tag = subject && !namesTag(text) ? undefined : place.reference
    const { onEvent } = this.startProgress(flags.progress)
    return pushFiles(place.store, file, { ...options, flags, tag, subject, onEvent })
  }

  protected view(result: PushedArtifact): string {
    return pushedText(result)
  }
}
