import { string } from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { artifactTree, type TreeNode } from '../../artifact/tree.ts'
import { artifactTypeFlag } from '../../cli/artifact-flags.ts'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../../cli/command.ts'
import { platformFlag } from '../../cli/flags.ts'
import { openTarget } from '../../cli/target.ts'
import { treeText } from '../../output/artifact-tree.ts'
import { formatPlace } from '../../store/place.ts'

type Tree = TreeNode & { reference: string }

export default class ArtifactTreeCommand extends RegctlCommand<typeof ArtifactTreeCommand, Tree> {
  static override summary = 'draw an image with all that belongs to it'
  static override description =
    'The entries of an index, what refers to them, what refers to that, and the tags that cosign names after a digest. What stands at two places is drawn in full at the first.'
  static override examples = [
    'regctl artifact tree registry.example/nginx:1.27',
    'regctl artifact tree registry.example/nginx:1.27 --depth 1 --json',
  ]
  static override args = {
    subject: string({ description: 'an image, oci:DIR[:TAG] or oci-archive:FILE[:TAG]', required: true }),
  }
  static override flags = {
    depth: Flags.integer({ min: 1, max: 8, helpValue: 'N', summary: 'levels below the image' }),
    'artifact-type': artifactTypeFlag({ summary: 'only referrers of this type' }),
    platform: platformFlag({ summary: 'begin at the image for this platform' }),
  }
  static override hiddenAliases = ['discover']

  protected async execute(
    { subject: text }: ArgsOf<typeof ArtifactTreeCommand>,
    { depth, platform, 'artifact-type': artifactType }: FlagsOf<typeof ArtifactTreeCommand>,
  ): Promise<Tree> {
    const options = { signal: this.signal }
    const { place, target: root } = await openTarget(await this.client(), text, { ...options, platform })
    return {
      reference: formatPlace(place),
      ...(await artifactTree(place.store, root, { ...options, depth, artifactType })),
    }
  }

  protected view({ reference, ...root }: Tree): string {
    return treeText(root, reference, this.style)
  }
}
