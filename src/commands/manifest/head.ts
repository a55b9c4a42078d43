import { string } from '@oclif/core/args'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../../cli/command.ts'
import { platformFlag } from '../../cli/flags.ts'
import { openTarget } from '../../cli/target.ts'
import type { Descriptor } from '../../model/descriptor.ts'
import { escapeText } from '../../output/escape.ts'
import { formatPlace } from '../../store/place.ts'

type Headed = Descriptor & { reference: string }

export default class ManifestHeadCommand extends RegctlCommand<typeof ManifestHeadCommand, Headed> {
  static override summary = 'tell digest, media type and size of a manifest'
  static override description =
    'On one line, in bytes; without fetching the manifest, where the registry tells all of it.'
  static override examples = [
    'regctl manifest head nginx:1.27',
    'regctl manifest head nginx --platform linux/arm64 --json',
  ]
  static override args = {
    image: string({ description: 'an image, oci:DIR[:TAG] or oci-archive:FILE[:TAG]', required: true }),
  }
  static override flags = { platform: platformFlag() }

  protected async execute(
    { image }: ArgsOf<typeof ManifestHeadCommand>,
    { platform }: FlagsOf<typeof ManifestHeadCommand>,
  ): Promise<Headed> {
    const { place, target } = await openTarget(await this.client(), image, { platform, signal: this.signal })
    return { reference: formatPlace(place), ...target }
  }

  protected view({ digest, mediaType, size }: Headed): string {
    return escapeText(`${digest} ${mediaType} ${size}`)
  }
}
