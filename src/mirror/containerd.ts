import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isObject } from '../model/descriptor.ts'
import { type MirrorPlace, type MirrorTls, mirrorPlace, repositoryBelow, type Wanted } from './address.ts'
import { parseToml } from './toml.ts'

/**
 * The names a registry's folder may have below `certs.d`, in containerd's order (PROTOCOL 4.2).
 */
export function hostsFolders(registry: string): string[] {
  const [, host, port] = /^(.+):(\d+)$/.exec(registry) ?? []
  return [...(host && port ? [`${host}_${port}_`] : []), registry, ...(host ? [host] : []), '_default']
}

/** The file that containerd reads for a registry; `undefined` when there is none. */
export async function findHostsToml(
  folder: string,
  registry: string,
): Promise<{ path: string; text: string } | undefined> {
  for (const name of hostsFolders(registry)) {
    const path = join(folder, name, 'hosts.toml')
    const text = await readFile(path, 'utf8').catch(() => undefined)
    if (text !== undefined) return { path, text }
  }
  return undefined
}

/**
 * The mirrors of a `hosts.toml`, in their order. Those that may not serve pulls are left out, and so is `server`, which is the registry itself.
 * @throws RegctlError CONFIG_INVALID
 */
export async function containerdMirrors(text: string, wanted: Wanted, path: string): Promise<MirrorPlace[]> {
  const { host: hosts } = await parseToml(text, path)
  if (!isObject(hosts)) return []
  return Object.entries(hosts).flatMap(([url, entry]) => {
    const settings = isObject(entry) ? entry : {}
    const powers = Array.isArray(settings.capabilities) ? settings.capabilities : undefined
    if (powers && !powers.includes('pull')) return []
    const place = mirrorPlace(
      { url: /^[a-z]+:\/\//i.test(url) ? url : `https://${url}`, ns: true, resolve: powers?.includes('resolve') },
      wanted,
    )
    const tls = tlsOf(settings)
    return [{ ...(settings.override_path === true ? overridden(place) : place), ...(tls && { tls }) }]
  })
}

/** `https://harbor.example/v2/proxy` with `override_path`: nothing is put between address and repository. */
function overridden(place: MirrorPlace): MirrorPlace {
  const [before = '', below = ''] = place.name.split(/\/v2(?=\/|$)(.*)/)
  return { ...place, baseUrl: before, repository: repositoryBelow(below, place.repository) }
}

function tlsOf({ skip_verify: skip, ca, client }: Record<string, unknown>): MirrorTls | undefined {
  const caFile = first(ca)
  const pair = Array.isArray(client) && Array.isArray(client[0]) ? client[0] : undefined
  const tls: MirrorTls = {
    ...(skip === true && { insecure: true }),
    ...(caFile !== undefined && { caFile }),
    ...(typeof pair?.[0] === 'string' && typeof pair[1] === 'string' && { certFile: pair[0], keyFile: pair[1] }),
  }
  return Object.keys(tls).length > 0 ? tls : undefined
}

function first(value: unknown): string | undefined {
  const one: unknown = Array.isArray(value) ? value[0] : value
  return typeof one === 'string' ? one : undefined
}
