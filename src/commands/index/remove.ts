import { string } from '@oclif/core/args'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../../cli/command.ts'
import { digestFlag, platformsFlag } from '../../cli/flags.ts'
import { type ComposedIndex, removeFromIndex } from '../../compose/compose.ts'
import { RegctlError } from '../../model/errors.ts'
import { pushedText } from '../../output/artifact.ts'

export default class IndexRemoveCommand extends RegctlCommand<typeof IndexRemoveCommand, ComposedIndex> {
  static override summary = 'take images from an index'
  static override description =
    'With the attestations that belong to them. The tag moves to the smaller index, whose digest is printed; the images themselves stay in the repository.'
  static override examples = [
    'regctl index remove registry.example/app:1.2 --platform linux/386 --platform linux/ppc64le',
    'regctl index remove registry.example/app:1.2 --digest sha256:0123…',
  ]
  static override args = {
    index: string({ description: 'an index, oci:DIR[:TAG] or oci-archive:FILE[:TAG]', required: true }),
  }
  static override flags = {
    platform: platformsFlag({ summary: 'the image for this platform (repeatable)' }),
    digest: digestFlag({
      multiple: true,
      multipleNonGreedy: true,
      summary: 'the image of this digest (repeatable)',
    }),
  }
  static override hiddenAliases = ['index:delete', 'index:rm']

  protected async execute(
    { index }: ArgsOf<typeof IndexRemoveCommand>,
    { platform: platforms = [], digest: digests = [] }: FlagsOf<typeof IndexRemoveCommand>,
  ): Promise<ComposedIndex> {
    if (platforms.length + digests.length === 0) {
      throw new RegctlError('USAGE', 'nothing is named that should go', { hint: 'name it by --platform or --digest' })
    }
    const to = await (await this.client()).open(index, { change: true })
    const made = await removeFromIndex(to, { platforms, digests, signal: this.signal })
    await to.store.close?.()
    return made
  }

  protected view(result: ComposedIndex): string {
    return pushedText(result)
  }
}
