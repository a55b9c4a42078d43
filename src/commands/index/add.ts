import { string } from '@oclif/core/args'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../../cli/command.ts'
import { progressFlag } from '../../cli/flags.ts'
import { indexFlags, openSources } from '../../cli/index-flags.ts'
import { addToIndex, type ComposedIndex } from '../../compose/compose.ts'
import { pushedText } from '../../output/artifact.ts'

export default class IndexAddCommand extends RegctlCommand<typeof IndexAddCommand, ComposedIndex> {
  static override summary = 'add images to an index'
  static override description =
    'What the index has keeps its order and all its fields; the tag moves to the new index, whose digest is printed. An image for a platform that is there already is refused, unless --replace is given. Two that add to one tag at the same moment undo each other: add in one command what belongs together.'
  static override examples = [
    'regctl index add registry.example/app:1.2 registry.example/app:1.2-riscv64',
    {
      description: 'a new build for one platform, in the place of the old one',
      command:
        'regctl index add registry.example/app:1.2 registry.example/ci/app:4711 --platform linux/arm64 --replace',
    },
  ]
  static override args = {
    index: string({ description: 'an index, oci:DIR[:TAG] or oci-archive:FILE[:TAG]', required: true }),
    image: string({
      description: 'images and indexes, also in oci:DIR or oci-archive:FILE',
      required: true,
      multiple: true,
    }),
  }
  static override flags = { ...indexFlags, progress: progressFlag() }

  protected async execute(
    { index, image }: ArgsOf<typeof IndexAddCommand>,
    flags: FlagsOf<typeof IndexAddCommand>,
  ): Promise<ComposedIndex> {
    const client = await this.client()
    const to = await client.open(index, { change: true })
    const sources = await openSources(client, image, flags['desc-platform'])
    const { jobs } = await this.settings()
    const { onEvent } = this.startProgress(flags.progress)
    const made = await addToIndex(to, sources, {
      platforms: flags.platform,
      replace: flags.replace,
      sparse: flags.sparse,
      jobs,
      signal: this.signal,
      onEvent,
      notify: this.notify,
    })
    await to.store.close?.()
    return made
  }

  protected view(result: ComposedIndex): string {
    return pushedText(result)
  }
}
