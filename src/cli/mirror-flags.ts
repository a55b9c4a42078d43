import * as Flags from '@oclif/core/flags'
import type { Config } from '../config/config.ts'
import { withoutLogins } from '../config/environment.ts'
import type { MirrorChange, Target } from '../mirror/change.ts'
import type { Change } from '../mirror/edit.ts'
import { hubRegistry, parseRegistry } from '../model/reference.ts'

const files = ['daemon-json', 'hosts-toml', 'registries-conf'] as const
const exclusive = (name: (typeof files)[number]) => ({ exclusive: files.filter(each => each !== name) })

/** Which file, of which engine. */
export const mirrorFileFlags = {
  'daemon-json': Flags.string({
    ...exclusive('daemon-json'),
    helpValue: 'FILE',
    summary: "Docker's daemon.json; looked for when left out",
  }),
  'hosts-toml': Flags.string({
    ...exclusive('hosts-toml'),
    helpValue: 'FILE|DIR',
    summary: "containerd's hosts.toml, or its folder certs.d",
  }),
  'registries-conf': Flags.string({
    ...exclusive('registries-conf'),
    helpValue: 'FILE',
    summary: 'a drop-in for registries.conf (Podman, CRI-O, skopeo)',
  }),
}

/** How a file is changed. */
export const mirrorChangeFlags = {
  ...mirrorFileFlags,
  registry: Flags.string({
    default: hubRegistry,
    helpValue: 'HOST',
    summary: 'of which registry it is a mirror; Docker has mirrors for docker.io alone',
  }),
  'dry-run': Flags.boolean({ summary: 'write nothing, show the difference' }),
  reload: Flags.boolean({
    summary: 'have Docker read its file (systemctl reload docker), and see that it did',
    exclusive: ['hosts-toml', 'registries-conf'],
  }),
  'no-validate': Flags.boolean({ summary: 'do not ask dockerd whether it would take the file' }),
}

type FileFlags = Readonly<Partial<Record<(typeof files)[number], string | undefined>>>

interface ChangeFlags extends FileFlags {
  registry: string
  'dry-run': boolean
  reload: boolean
  'no-validate': boolean
}

/** Makes a change as the flags say. @throws RegctlError */
export async function changeAsAsked(change: Change, flags: ChangeFlags, { paths, env }: Config): Promise<MirrorChange> {
  const [{ changeMirrors }, { runIn }] = await Promise.all([
    import('../mirror/change.ts'),
    import('../mirror/dockerd.ts'),
  ])
  return changeMirrors(targetOf(flags), change, {
    engines: paths.engines,
    run: runIn(withoutLogins(env)),
    registry: parseRegistry(flags.registry),
    dryRun: flags['dry-run'],
    reload: flags.reload,
    validate: !flags['no-validate'],
  })
}

/** The file that the flags name; Docker's when they name none. */
function targetOf(flags: FileFlags): Target {
  if (flags['hosts-toml'] !== undefined) return { kind: 'hosts-toml', path: flags['hosts-toml'] }
  if (flags['registries-conf'] !== undefined) return { kind: 'registries-conf', path: flags['registries-conf'] }
  return { kind: 'daemon-json', path: flags['daemon-json'] }
}
