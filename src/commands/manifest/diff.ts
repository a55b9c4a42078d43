import { string } from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../../cli/command.ts'
import { compare } from '../../cli/compare.ts'
import { platformFlag } from '../../cli/flags.ts'
import type { Diff } from '../../image/diff.ts'

export default class ManifestDiffCommand extends RegctlCommand<typeof ManifestDiffCommand, Diff> {
  static override summary = 'tell what differs between two images'
  static override description =
    'Of two indexes their platforms, of two images their layers, sizes, configuration and annotations: - is what only the first has, + what only the second has. regctl inspect A B does the same.'
  static override examples = [
    'regctl manifest diff nginx:1.26 nginx:1.27 --platform linux/amd64',
    {
      description: 'in a script: exit 1 when they differ',
      command: 'regctl manifest diff --exit-code nginx registry.example/mirror/nginx',
    },
  ]
  static override args = {
    before: string({ description: 'an image, oci:DIR[:TAG] or oci-archive:FILE[:TAG]', required: true }),
    after: string({ description: 'another one', required: true }),
  }
  static override flags = {
    platform: platformFlag(),
    'exit-code': Flags.boolean({ summary: 'exit 1 when they differ' }),
  }
  static override hiddenAliases = ['diff', 'image:diff']

  protected async execute(
    { before, after }: ArgsOf<typeof ManifestDiffCommand>,
    flags: FlagsOf<typeof ManifestDiffCommand>,
  ): Promise<Diff> {
    const { signal } = this
    const diff = await compare(await this.client(), [before, after], { platform: flags.platform, signal })
    if (flags['exit-code'] && !diff.same) process.exitCode = 1
    return diff
  }

  protected async view(result: Diff): Promise<string> {
    const { diffPage } = await import('../../output/diff-page.ts')
    return diffPage(result, this.style)
  }
}
