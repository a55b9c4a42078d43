import { isObject } from '../model/descriptor.ts'
import { type MirrorPlace, mirrorPlace, repositoryBelow, type Wanted } from './address.ts'
import { parseToml } from './toml.ts'

interface Conf {
  path: string
  text: string
}

/**
 * The mirrors that `registries.conf` and its drop-ins give a repository: those of the longest prefix that matches, the last file's where
 * several have it (PROTOCOL 4.3).
 * @throws RegctlError CONFIG_INVALID
 */
export async function containersMirrors(files: readonly Conf[], wanted: Wanted): Promise<MirrorPlace[]> {
  const name = `${wanted.registry}/${wanted.repository}`
  let best: { length: number; rest: string; entry: Record<string, unknown> } | undefined
  for (const { path, text } of files) {
    for (const entry of tables((await parseToml(text, path)).registry)) {
      const prefix = entry.prefix ?? entry.location
      const rest = typeof prefix === 'string' ? restBehind(prefix, name) : undefined
      if (rest === undefined || typeof prefix !== 'string') continue
      if (!best || prefix.length >= best.length) best = { length: prefix.length, rest, entry }
    }
  }
  if (!best) return []
  const { rest, entry } = best
  return tables(entry.mirror).flatMap(mirror => placeOf(mirror, entry, { ...wanted, rest }))
}

function placeOf(
  mirror: Record<string, unknown>,
  registry: Record<string, unknown>,
  { rest, ...wanted }: Wanted & { rest: string },
): MirrorPlace[] {
  const { location, insecure, 'pull-from-mirror': use } = mirror
  // Everything is asked for by its digest here, except what may be resolved.
  if (typeof location !== 'string' || use === 'tag-only') return []
  const [host = '', ...path] = location.split('/')
  const place = mirrorPlace({ url: `https://${host}` }, wanted)
  return [
    {
      ...place,
      name: `https://${location}`,
      repository: repositoryBelow(path.join('/'), rest),
      resolve: use === 'all' && registry['mirror-by-digest-only'] !== true,
      ...(insecure === true && { tls: { insecure: true } }),
    },
  ]
}

/** What of the name follows the prefix; `undefined` when it does not match at the end of a part. `*.example.com` takes the whole host. */
function restBehind(prefix: string, name: string): string | undefined {
  if (prefix.startsWith('*.')) {
    const [host = '', ...path] = name.split('/')
    return host.endsWith(prefix.slice(1)) ? path.join('/') : undefined
  }
  if (name === prefix) return ''
  return name.startsWith(`${prefix}/`) ? name.slice(prefix.length + 1) : undefined
}

function tables(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}
