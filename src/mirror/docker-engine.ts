import { hubRegistry } from '../model/reference.ts'
import type { Wanted } from './address.ts'

/** The key of `daemon.json`. */
export const mirrorsKey = 'registry-mirrors'

/** The addresses in a `daemon.json`, which dockerd uses for Docker Hub and nothing else (PROTOCOL 4.1); a file it would refuse has none. */
export async function dockerMirrors(text: string, { registry }: Wanted): Promise<string[]> {
  if (registry !== hubRegistry) return []
  const { parse } = await import('jsonc-parser')
  const value: unknown = parse(text.replace(/^\uFEFF/, ''))
  const listed = typeof value === 'object' && value !== null ? Reflect.get(value, mirrorsKey) : undefined
  return Array.isArray(listed) ? listed.filter(url => typeof url === 'string') : []
}
