import { string } from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../../cli/command.ts'
import { changeAsAsked, mirrorChangeFlags } from '../../cli/mirror-flags.ts'
import type { MirrorChange } from '../../mirror/change.ts'
import { mirrorChangeText } from '../../output/mirror-change.ts'

export default class MirrorAddCommand extends RegctlCommand<typeof MirrorAddCommand, MirrorChange> {
  static override summary = "add a mirror to Docker's, containerd's or Podman's configuration"
  static override description =
    'Only the list of mirrors changes; every other byte stays. The file is checked first, by dockerd itself where it is, backed up, and replaced in one step. Docker needs a reload, no restart; containers go on running.'
  static override examples = [
    'sudo regctl mirror add https://mirror.example --reload',
    { description: 'what would change', command: 'regctl mirror add https://mirror.example --dry-run' },
    {
      description: 'for containerd',
      command: 'sudo regctl mirror add https://mirror.example --hosts-toml /etc/containerd/certs.d',
    },
    {
      description: 'for Podman',
      command:
        'sudo regctl mirror add https://mirror.example --registries-conf /etc/containers/registries.conf.d/50-mirrors.conf',
    },
  ]
  static override args = {
    url: string({ description: 'https://HOST[:PORT][/PATH]', required: true }),
  }
  static override flags = {
    ...mirrorChangeFlags,
    first: Flags.boolean({ summary: 'before the mirrors that are there' }),
    resolve: Flags.boolean({
      summary: 'let it say what a tag names, too (containerd, Podman; Docker always does)',
    }),
  }

  protected async execute(
    { url }: ArgsOf<typeof MirrorAddCommand>,
    flags: FlagsOf<typeof MirrorAddCommand>,
  ): Promise<MirrorChange> {
    return changeAsAsked({ add: url, first: flags.first, resolve: flags.resolve }, flags, await this.settings())
  }

  protected view(change: MirrorChange): string {
    return mirrorChangeText(change, this.style)
  }
}
