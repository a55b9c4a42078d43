import { string } from '@oclif/core/args'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../cli/command.ts'
import { platformFlag } from '../cli/flags.ts'
import { openTarget } from '../cli/target.ts'
import type { Digest } from '../model/digest.ts'
import { formatPlace } from '../store/place.ts'

interface Digested {
  reference: string
  digest: Digest
}

export default class DigestCommand extends RegctlCommand<typeof DigestCommand, Digested> {
  static override summary = 'print the digest of an image'
  static override examples = [
    'regctl digest nginx:1.27',
    'regctl digest nginx --platform linux/arm64',
    'docker pull nginx@$(regctl digest nginx)',
  ]
  static override args = {
    place: string({
      description: 'an image, oci:DIR[:TAG], oci-archive:FILE[:TAG] or docker-archive:FILE[:NAME:TAG]',
      required: true,
    }),
  }
  static override flags = { platform: platformFlag() }
  static override hiddenAliases = ['image:digest', 'manifest:digest', 'resolve']

  protected async execute(
    args: ArgsOf<typeof DigestCommand>,
    { platform }: FlagsOf<typeof DigestCommand>,
  ): Promise<Digested> {
    const { place, target } = await openTarget(await this.client(), args.place, { platform, signal: this.signal })
    return { reference: formatPlace(place), digest: target.digest }
  }

  protected view({ digest }: Digested): string {
    return digest
  }
}
