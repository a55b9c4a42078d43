import { string } from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../../cli/command.ts'
import { platformFlag } from '../../cli/flags.ts'
import { openTarget } from '../../cli/target.ts'
import type { Digest } from '../../model/digest.ts'
import { parseJson } from '../../model/json.ts'
import { escapeJson } from '../../output/escape.ts'
import { formatPlace } from '../../store/place.ts'
import { readVerified } from '../../store/read.ts'

interface Got {
  reference: string
  digest: Digest
  mediaType: string
  size: number
  manifest: unknown
}

export default class ManifestGetCommand extends RegctlCommand<typeof ManifestGetCommand, Got | undefined> {
  static override summary = 'print a manifest'
  static override description =
    'Its exact bytes, verified, into a pipe or a file: their sha256 is the digest. On a terminal it is indented, with control characters shown instead of sent; --pretty does so everywhere.'
  static override examples = [
    'regctl manifest get nginx:1.27',
    { description: 'the exact bytes', command: 'regctl manifest get nginx:1.27 | sha256sum' },
    { description: 'of one platform', command: 'regctl manifest get nginx --platform linux/arm64' },
  ]
  static override args = {
    image: string({ description: 'an image, oci:DIR[:TAG] or oci-archive:FILE[:TAG]', required: true }),
  }
  static override flags = {
    platform: platformFlag(),
    pretty: Flags.boolean({ summary: 'indented, for reading' }),
  }
  static override hiddenAliases = ['manifest', 'manifest:fetch', 'manifest:inspect', 'image:manifest']

  protected async execute(
    { image }: ArgsOf<typeof ManifestGetCommand>,
    { platform, pretty, json }: FlagsOf<typeof ManifestGetCommand>,
  ): Promise<Got | undefined> {
    const { place, target } = await openTarget(await this.client(), image, { platform, signal: this.signal })
    const bytes = await readVerified(place.store, target, { signal: this.signal })
    if (!json && !pretty && !this.style.isTTY) {
      process.stdout.write(bytes)
      return undefined
    }
    const { digest, mediaType, size } = target
    return { reference: formatPlace(place), digest, mediaType, size, manifest: parseJson(bytes, `manifest ${digest}`) }
  }

  protected view(result: Got | undefined): string {
    return result ? escapeJson(result.manifest) : ''
  }
}
