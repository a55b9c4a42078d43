import { string } from '@oclif/core/args'
import { listReferrers, withFileSizes } from '../../artifact/list.ts'
import { artifactTypeFlag } from '../../cli/artifact-flags.ts'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../../cli/command.ts'
import { platformFlag } from '../../cli/flags.ts'
import { openTarget } from '../../cli/target.ts'
import { type Referrers, referrersTable } from '../../output/artifact-tree.ts'
import { formatPlace } from '../../store/place.ts'

export default class ArtifactListCommand extends RegctlCommand<typeof ArtifactListCommand, Referrers> {
  static override summary = 'list what refers to an image'
  static override description =
    'Signatures, SBOMs and whatever else names this image as its subject, one level deep; artifact tree shows all levels. The size is that of the files, for which each manifest is asked for.'
  static override examples = [
    'regctl artifact list registry.example/nginx:1.27',
    {
      description: 'the SBOMs of one platform',
      command:
        'regctl artifact list registry.example/nginx:1.27 --platform linux/arm64 --artifact-type application/spdx+json',
    },
  ]
  static override args = {
    subject: string({ description: 'an image, oci:DIR[:TAG] or oci-archive:FILE[:TAG]', required: true }),
  }
  static override flags = {
    'artifact-type': artifactTypeFlag({ summary: 'only those of this type' }),
    platform: platformFlag({ summary: 'what refers to the image for this platform' }),
  }

  protected async execute(
    { subject: text }: ArgsOf<typeof ArtifactListCommand>,
    { platform, 'artifact-type': artifactType }: FlagsOf<typeof ArtifactListCommand>,
  ): Promise<Referrers> {
    const options = { signal: this.signal }
    const { place, target: subject } = await openTarget(await this.client(), text, { ...options, platform })
    const listed = await listReferrers(place.store, subject, { ...options, artifactType })
    const referrers = await withFileSizes(place.store, listed, options)
    return { reference: formatPlace(place), digest: subject.digest, referrers }
  }

  protected view(result: Referrers): Promise<string> {
    return referrersTable(result, this.style)
  }
}
