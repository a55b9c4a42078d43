import { isObject } from '../model/descriptor.ts'
import { apiHost } from '../model/reference.ts'
import { parseMirrorUrl } from './address.ts'
import type { Change, Edit } from './edit.ts'
import { parseToml } from './toml.ts'
import { agree, type Block, blocksOf, insertBlock, removeBlock } from './toml-edit.ts'

/**
 * Adds or removes a host of containerd's `hosts.toml`, as a table of its own behind the others: hosts are tried from the top down, and comments
 * and order stay (PROTOCOL 4.2). A new mirror may pull; only when told so may it name tags.
 */
export function hostsTomlEdit(registry: string): Edit {
  return async (text, change) => {
    const parsed = await parseToml(text, 'hosts.toml')
    const hosts = isObject(parsed.host) ? parsed.host : {}
    const present = Object.keys(hosts)
    const wanted = parseMirrorUrl(change.add ?? change.remove)
    const own = present.filter(each => isSame(each, wanted))
    if (change.add !== undefined) {
      if (own.length > 0) return { text, mirrors: present, changed: false }
      const capabilities = change.resolve ? ['pull', 'resolve'] : ['pull']
      const entries = Object.entries(hosts)
      entries.splice(change.first ? 0 : entries.length, 0, [change.add, { capabilities }])
      const isNew = text.trim() === ''
      const server = isNew ? { server: `https://${apiHost(registry)}` } : {}
      const edited = withHost(isNew ? `server = "https://${apiHost(registry)}"\n` : text, change, capabilities)
      // The key may be new, and then stands last.
      await agree(edited, { ...parsed, ...server, host: Object.fromEntries(entries) })
      return { text: edited, mirrors: entries.map(([name]) => name), changed: true }
    }
    if (own.length === 0) return { text, mirrors: present, changed: false }
    const kept = Object.entries(hosts).filter(([name]) => !own.includes(name))
    let edited = text
    for (const name of own) {
      // From the end: what is cut off does not move what is before it.
      for (const block of hostBlocks(edited)
        .filter(({ host }) => host === name)
        .reverse())
        edited = removeBlock(edited, block)
    }
    const { host: _, ...rest } = parsed
    await agree(edited, kept.length > 0 ? { ...parsed, host: Object.fromEntries(kept) } : rest)
    return { text: edited, mirrors: kept.map(([name]) => name), changed: true }
  }
}

function withHost(text: string, { add, first }: Extract<Change, { add: string }>, capabilities: string[]): string {
  const lines = [
    `[host.${JSON.stringify(add)}]`,
    `  capabilities = ${JSON.stringify(capabilities).replaceAll(',', ', ')}`,
  ]
  const [head] = hostBlocks(text)
  if (first && head) return insertBlock(text, { before: head.start }, lines)
  return insertBlock(text, { after: text.trimEnd().length }, lines)
}

/** Tables of hosts and those below them: `[host."https://a".header]`. */
function hostBlocks(text: string): (Block & { host: string })[] {
  return blocksOf(text).flatMap(block => {
    const [, basic, literal] = /^host\s*\.\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)')/.exec(block.name) ?? []
    const host = basic ?? literal
    return host === undefined ? [] : [{ ...block, host }]
  })
}

/** A host without a scheme is spoken to by HTTPS. */
function isSame(written: string, url: string): boolean {
  try {
    return parseMirrorUrl(/^[a-z]+:\/\//i.test(written) ? written : `https://${written}`) === url
  } catch {
    return written === url
  }
}
