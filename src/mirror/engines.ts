import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { EnginePaths } from '../config/paths.ts'
import { RegctlError } from '../model/errors.ts'
import type { Notify } from '../model/notice.ts'
import { type MirrorPlace, mirrorPlace, type Wanted } from './address.ts'
import { containerdMirrors, findHostsToml } from './containerd.ts'
import { containersMirrors } from './containers.ts'
import { dockerMirrors } from './docker-engine.ts'

export interface EnginesOptions {
  engines: EnginePaths
  notify?: Notify | undefined
}

/**
 * The mirrors that an engine would use for a repository: `docker`, `containerd`, `podman`, or a file or folder of theirs. An engine that is
 * not configured has none; an address that makes no sense is told, and left out.
 * @throws RegctlError CONFIG_INVALID for a file that is missing, or TOML that is none
 */
export async function engineMirrors(from: string, wanted: Wanted, options: EnginesOptions): Promise<MirrorPlace[]> {
  const { docker, containerd, podman } = options.engines
  if (from === 'docker') {
    const path = await firstThere(docker)
    return path === undefined ? [] : fromDocker(path, wanted, options)
  }
  if (from === 'podman') {
    const path = await firstThere(podman)
    return path === undefined ? [] : fromPodman(path, wanted)
  }
  if (from === 'containerd') {
    for (const folder of containerd) {
      const found = await findHostsToml(folder, wanted.registry)
      if (found) return containerdMirrors(found.text, wanted, found.path)
    }
    return []
  }
  return fromFile(from, wanted, options)
}

async function fromDocker(path: string, wanted: Wanted, { notify }: EnginesOptions): Promise<MirrorPlace[]> {
  const addresses = await dockerMirrors(await read(path), wanted)
  return addresses.flatMap(url => {
    try {
      return [mirrorPlace({ url }, wanted)]
    } catch (error) {
      if (!(error instanceof RegctlError)) throw error
      notify?.({ code: 'MIRROR_INVALID', message: `${path}: ${error.message}` })
      return []
    }
  })
}

async function fromPodman(path: string, wanted: Wanted): Promise<MirrorPlace[]> {
  const folder = `${path}.d`
  const names = (await readdir(folder).catch(() => [])).filter(name => name.endsWith('.conf')).sort()
  const paths = [path, ...names.map(name => join(folder, name))]
  return containersMirrors(await Promise.all(paths.map(async each => ({ path: each, text: await read(each) }))), wanted)
}

/** Told apart by what is in it: JSON is Docker's, `[[registry]]` Podman's; a folder is containerd's `certs.d`. */
async function fromFile(path: string, wanted: Wanted, options: EnginesOptions): Promise<MirrorPlace[]> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isDirectory()) {
    const file = await findHostsToml(path, wanted.registry)
    return file ? containerdMirrors(file.text, wanted, file.path) : []
  }
  const text = await read(path)
  if (/^\uFEFF?\s*(?:\{|$)/.test(text)) return fromDocker(path, wanted, options)
  if (/^\s*\[\[\s*registry\b/m.test(text)) return containersMirrors([{ path, text }], wanted)
  const folder = basename(dirname(path))
  return folder === wanted.registry || folder === '_default' || basename(path) !== 'hosts.toml'
    ? containerdMirrors(text, wanted, path)
    : []
}

async function firstThere(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await stat(path).catch(() => undefined)) return path
  return undefined
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException
    throw new RegctlError('CONFIG_INVALID', `${path}, which is to name mirrors, cannot be read (${code})`, {
      hint: 'give docker, containerd, podman, or the path of a file of theirs',
      cause,
    })
  }
}
