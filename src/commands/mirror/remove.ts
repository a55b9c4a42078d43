import { string } from '@oclif/core/args'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../../cli/command.ts'
import { changeAsAsked, mirrorChangeFlags } from '../../cli/mirror-flags.ts'
import type { MirrorChange } from '../../mirror/change.ts'
import { mirrorChangeText } from '../../output/mirror-change.ts'

export default class MirrorRemoveCommand extends RegctlCommand<typeof MirrorRemoveCommand, MirrorChange> {
  static override summary = "remove a mirror from Docker's, containerd's or Podman's configuration"
  static override description =
    'Every spelling of the address goes, and nothing else. The last one leaves an empty list behind: at a reload Docker forgets its mirrors only when the list is there.'
  static override examples = [
    'sudo regctl mirror remove https://mirror.example --reload',
    {
      description: 'for containerd',
      command: 'sudo regctl mirror remove https://mirror.example --hosts-toml /etc/containerd/certs.d',
    },
  ]
  static override args = {
    url: string({ description: 'https://HOST[:PORT][/PATH]', required: true }),
  }
  static override flags = mirrorChangeFlags

  protected async execute(
    { url }: ArgsOf<typeof MirrorRemoveCommand>,
    flags: FlagsOf<typeof MirrorRemoveCommand>,
  ): Promise<MirrorChange> {
    return changeAsAsked({ remove: url }, flags, await this.settings())
  }

  protected view(change: MirrorChange): string {
    return mirrorChangeText(change, this.style)
  }
}
