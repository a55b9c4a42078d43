import { string } from '@oclif/core/args'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../../cli/command.ts'
import { mirrorFileFlags } from '../../cli/mirror-flags.ts'
import type { ListedMirror } from '../../mirror/list.ts'
import { hubRegistry, parseRegistryPrefix } from '../../model/reference.ts'
import { escapeText } from '../../output/escape.ts'

interface Listed {
  registry: string
  mirrors: ListedMirror[]
}

export default class MirrorListCommand extends RegctlCommand<typeof MirrorListCommand, Listed> {
  static override summary = 'list the mirrors that are configured on this machine'
  static override description =
    "Those of regctl's own configuration, and of Docker's daemon.json, containerd's hosts.toml and Podman's registries.conf; and whether regctl reads through them."
  static override examples = [
    'regctl mirror list',
    'regctl mirror list ghcr.io',
    { description: 'one file', command: 'regctl mirror list --daemon-json ./daemon.json' },
  ]
  static override args = {
    registry: string({ description: 'REGISTRY[/REPOSITORY]', default: hubRegistry }),
  }
  static override flags = mirrorFileFlags
  static override hiddenAliases = ['mirror:ls']

  protected async execute(
    args: ArgsOf<typeof MirrorListCommand>,
    flags: FlagsOf<typeof MirrorListCommand>,
  ): Promise<Listed> {
    const { registry, prefix } = parseRegistryPrefix(args.registry)
    const [{ listMirrors }, config] = await Promise.all([import('../../mirror/list.ts'), this.settings()])
    const mirrors = await listMirrors(
      { registry, repository: prefix.replace(/\/+$/, '') || 'library/busybox' },
      {
        own: config.host(registry).mirrors ?? [],
        mirrorsFrom: config.mirrorsFrom,
        only: flags['daemon-json'] ?? flags['hosts-toml'] ?? flags['registries-conf'],
        engines: config.paths.engines,
        notify: this.notify,
      },
    )
    return { registry, mirrors }
  }

  protected async view({ registry, mirrors }: Listed): Promise<string> {
    if (mirrors.length === 0) return `no mirror of ${escapeText(registry)} is configured`
    const { table } = await import('../../output/table.ts')
    const rows = mirrors.map(({ mirror, from, used, resolve }) => [
      mirror,
      from,
      used ? 'yes' : 'no',
      resolve ? 'yes' : 'no',
    ])
    const columns = [
      { title: 'MIRROR', fit: 'wrap' as const },
      { title: 'FROM', fit: 'wrap' as const },
      { title: 'USED' },
      { title: 'TAGS' },
    ]
    return table(columns, rows, this.style)
  }
}
