import { realpath, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { EnginePaths } from '../config/paths.ts'
import { RegctlError, reworded } from '../model/errors.ts'
import { hubRegistry } from '../model/reference.ts'
import { parseMirrorUrl } from './address.ts'
import { findHostsToml, hostsFolders } from './containerd.ts'
import { type DaemonFlags, daemonFlags } from './daemon-flags.ts'
import { isInUse, type Run, reload, validate } from './dockerd.ts'
import type { Change } from './edit.ts'
import { editFile, type FileEdit, rollBack } from './edit-file.ts'
import { hostsTomlEdit } from './hosts-edit.ts'
import { editDaemonJson } from './json-edit.ts'
import { registriesConfEdit } from './registries-edit.ts'

/** Which engine's configuration is to be edited, and where it is; a path left out is looked for. */
export type Target =
  | { kind: 'daemon-json'; path?: string | undefined }
  /** A `hosts.toml`, or a folder like `certs.d`. */
  | { kind: 'hosts-toml'; path: string }
  | { kind: 'registries-conf'; path: string }

/** Which file is changed, and what is done before and after. */
export interface ChangeOptions {
  engines: EnginePaths
  run: Run
  /** For which registry; Docker's file knows only `docker.io`. */
  registry?: string
  dryRun?: boolean
  /** Tell dockerd afterwards; only for its own file. */
  reload?: boolean
  /** Ask `dockerd --validate` before; default true. */
  validate?: boolean
  /** Where `/etc` and `/proc` are; '/' but in tests. */
  root?: string
}

/** What was done to an engine's configuration. */
export interface MirrorChange extends FileEdit {
  kind: Target['kind']
  dryRun: boolean
  /** dockerd itself has found the file good. */
  validated: boolean
  reloaded: boolean
}

/**
 * Adds a mirror to an engine's configuration, or removes it.
 * @throws RegctlError CONFIG_INVALID for an address that is none; REFUSED, and nothing is changed; FAILED, and what was there is there again
 */
export async function changeMirrors(target: Target, change: Change, options: ChangeOptions): Promise<MirrorChange> {
  parseMirrorUrl(change.add ?? change.remove)
  const { registry = hubRegistry, dryRun = false } = options
  let validated = false
  const done = (edited: FileEdit, reloaded = false): MirrorChange => ({
    kind: target.kind,
    ...edited,
    dryRun,
    validated,
    reloaded,
  })
  if (target.kind === 'hosts-toml') {
    const file = await hostsTomlAt(target.path, registry)
    return done(await editFile(file, { edit: hostsTomlEdit(registry), change }, { dryRun }))
  }
  if (target.kind === 'registries-conf') {
    refuseMainFile(target.path)
    return done(await editFile(target.path, { edit: registriesConfEdit(registry), change }, { dryRun }))
  }
  if (registry !== hubRegistry) {
    throw new RegctlError('USAGE', `Docker uses the mirrors of its daemon.json for ${hubRegistry} and nothing else`, {
      hint: 'containerd and Podman have mirrors for each registry: --hosts-toml, --registries-conf',
    })
  }
  const flags = await daemonFlags(options.root)
  const file = target.path ?? flags.configFile ?? (await daemonJson(options.engines))
  await refuseFlags(file, flags, options.engines)
  const check = async (text: string) => {
    if (options.validate !== false) validated = await validate(text, options.run)
  }
  const edited = await editFile(file, { edit: editDaemonJson, change }, { dryRun, check })
  if (!options.reload || dryRun) return done(edited)
  // Somebody may have written the file before, and Docker not have read it since.
  if (!edited.changed && (await isInUse(edited.mirrors, options.run))) return done(edited)
  try {
    await reload(edited.mirrors, options.run)
  } catch (error) {
    // The daemon goes on with what it had; its next start must not fail on this file.
    if (edited.changed) await rollBack(edited)
    if (!(error instanceof RegctlError)) throw error
    throw reworded(error, `${error.message}; ${file} is as it was${edited.changed ? ' before' : ''}`)
  }
  return done(edited, true)
}

/** The first that is there, or where it would be. */
export async function daemonJson({ docker }: EnginePaths): Promise<string> {
  for (const path of docker) if (await stat(path).catch(() => undefined)) return path
  return docker[0] ?? '/etc/docker/daemon.json'
}

/** Flags are of the daemon on this machine; a file that is made for another one has nothing to do with them. */
async function refuseFlags(file: string, { mirrors, configFile }: DaemonFlags, engines: EnginePaths): Promise<void> {
  if (mirrors.length === 0) return
  const real = (path: string) => realpath(path).catch(() => path)
  const used = await Promise.all([...engines.docker, ...(configFile === undefined ? [] : [configFile])].map(real))
  if (!used.includes(await real(file))) return
  throw new RegctlError(
    'REFUSED',
    `${file} is left as it is: --registry-mirror is given in ${mirrors.join(' and ')}, and dockerd does not start when its file has mirrors too`,
    { hint: 'take the flag out there, and keep all mirrors in the file' },
  )
}

async function hostsTomlAt(path: string, registry: string): Promise<string> {
  const isFile = basename(path).endsWith('.toml') && !(await stat(path).catch(() => undefined))?.isDirectory()
  if (isFile) return path
  const found = await findHostsToml(path, registry)
  const [folder = registry] = hostsFolders(registry)
  return found && basename(dirname(found.path)) !== '_default' ? found.path : join(path, folder, 'hosts.toml')
}

/** The distribution's own file is not ours to edit: drop-ins are read after it, and win (PROTOCOL 4.3). */
function refuseMainFile(path: string): void {
  if (basename(path) !== 'registries.conf') return
  throw new RegctlError('REFUSED', `${path} is the main file, which is left as it is`, {
    hint: `name a file of your own beside it: ${join(dirname(path), 'registries.conf.d', '50-mirrors.conf')}`,
  })
}
