import { isObject } from '../model/descriptor.ts'
import { RegctlError } from '../model/errors.ts'
import { parseMirrorUrl } from './address.ts'
import type { Edit } from './edit.ts'
import { parseToml } from './toml.ts'
import { agree, type Block, blocksOf, insertBlock, removeBlock } from './toml-edit.ts'

interface Registry extends Record<string, unknown> {
  mirror?: Record<string, unknown>[]
}

/**
 * Adds or removes a `[[registry.mirror]]` of a drop-in for `registries.conf` (PROTOCOL 4.3). A new mirror is asked for digests alone; only when
 * told so may it name tags.
 */
export function registriesConfEdit(registry: string): Edit {
  return async (text, change) => {
    const parsed = await parseToml(text, 'registries.conf')
    const listed = Array.isArray(parsed.registry) ? (parsed.registry.filter(isObject) as Registry[]) : []
    const at = listed.findIndex(({ prefix, location }) => (prefix ?? location) === registry)
    const own = listed[at]
    const mirrors = (own?.mirror ?? []).map(({ location }) => String(location))
    const url = parseMirrorUrl(change.add ?? change.remove)
    const location = url.replace(/^https?:\/\//, '')
    const index = mirrors.findIndex(each => each.replace(/\/+$/, '') === location)
    const result = (edited: string, left: string[]) => ({ text: edited, mirrors: left, changed: true })
    if (change.add !== undefined ? index !== -1 : index === -1) return { text, mirrors, changed: false }
    const { ends, starts } = mirrorBlocks(text, at)
    if (change.add === undefined) {
      const [block] = starts.slice(index)
      if (!block) throw inline()
      const edited = removeBlock(text, block)
      const left = mirrors.filter((_, each) => each !== index)
      const { mirror = [], ...rest } = own ?? {}
      const kept = mirror.filter((_, each) => each !== index)
      await agree(edited, replaced(parsed, listed, at, kept.length > 0 ? { ...rest, mirror: kept } : rest))
      return result(edited, left)
    }
    if (change.first) {
      throw new RegctlError('REFUSED', 'a mirror can only be added behind the others here', {
        hint: 'leave out --first, or edit the file by hand',
      })
    }
    const entry = {
      location,
      ...(url.startsWith('http:') && { insecure: true }),
      'pull-from-mirror': change.resolve ? 'all' : 'digest-only',
    }
    const lines = tableLines('registry.mirror', entry)
    const head = { prefix: registry, location: registry }
    const edited = own
      ? insertBlock(text, { after: ends }, lines)
      : ended(insertBlock(text, { after: text.trimEnd().length }, [...tableLines('registry', head), '', ...lines]))
    const next = { ...(own ?? head), mirror: [...(own?.mirror ?? []), entry] }
    await agree(edited, replaced(parsed, listed, at === -1 ? listed.length : at, next))
    return result(edited, [...mirrors, location])
  }
}

function inline(): RegctlError {
  return new RegctlError('REFUSED', 'its mirrors are not written as tables of their own', {
    hint: 'edit the file by hand',
  })
}

/** The mirrors' tables of the registry at this place among the registries, and where the last of its tables ends. */
function mirrorBlocks(text: string, at: number): { starts: Block[]; ends: number } {
  const blocks = blocksOf(text)
  const heads = blocks.filter(({ name, isArray }) => isArray && name === 'registry')
  const [head, next] = [heads[at], heads[at + 1]]
  const within = blocks.filter(
    ({ start, name }) =>
      head && start >= head.start && start < (next?.start ?? text.length) && /^registry(?:\.|$)/.test(name),
  )
  return { starts: within.filter(({ name }) => name === 'registry.mirror'), ends: within.at(-1)?.end ?? text.length }
}

function replaced(
  parsed: Record<string, unknown>,
  listed: readonly Registry[],
  at: number,
  next: Registry,
): Record<string, unknown> {
  const registry = [...listed]
  registry[at] = next
  return { ...parsed, registry }
}

function tableLines(name: string, entry: Readonly<Record<string, unknown>>): string[] {
  return [`[[${name}]]`, ...Object.entries(entry).map(([key, value]) => `${key} = ${JSON.stringify(value)}`)]
}

/** A file of ours ends with its line. */
function ended(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`
}
