import { readFile } from 'node:fs/promises'
import { RegctlError } from '../model/errors.ts'
import { isProduct } from '../model/product.ts'
import { parseByteRate, parseFrequency, parseSeconds } from '../model/quantity.ts'
import type { HostSettings, MirrorSettings } from './hosts.ts'

/** Our configuration file: JSON, comments allowed. Unknown keys are errors, so that a typing mistake is heard. */
export interface ConfigFile {
  hosts: ReadonlyMap<string, HostSettings>
  /** Transfers at once in a copy. */
  jobs?: number
  /** Bytes a second of a whole copy. */
  limitRate?: number
  /** To each host. */
  requestsPerSecond?: number
  /** Seconds. */
  connectTimeout?: number
  /** Seconds. */
  stallTimeout?: number
  /** Seconds that a mirror may be silent. */
  mirrorTimeout?: number
  /** Whose configuration is read for mirrors too: `docker`, `containerd`, `podman`, or a file. */
  mirrorsFrom?: readonly string[]
}

/** Top-level settings that are amounts: as the flag of the same name reads them, numbers without quotes too. */
const amounts = {
  limitRate: { parse: parseByteRate, description: 'bytes a second, such as 500000 or "2M"' },
  requestsPerSecond: { parse: parseFrequency, description: 'a number above 0' },
  connectTimeout: { parse: parseSeconds, description: 'seconds above 0' },
  stallTimeout: { parse: parseSeconds, description: 'seconds above 0' },
  mirrorTimeout: { parse: parseSeconds, description: 'seconds above 0' },
} as const

type Kind = 'boolean' | 'string' | 'strings' | 'count' | 'mirrors' | 'own' | 'product' | 'address'

const hostKeys: Readonly<Record<keyof HostSettings, Kind>> = {
  plainHttp: 'boolean',
  insecure: 'boolean',
  caFile: 'string',
  certFile: 'string',
  keyFile: 'string',
  realms: 'strings',
  requests: 'count',
  mirrors: 'mirrors',
  product: 'product',
  api: 'address',
}

const mirrorKeys: Readonly<Record<keyof MirrorSettings, Kind>> = {
  url: 'string',
  resolve: 'boolean',
  auth: 'own',
  ns: 'boolean',
}

/**
 * Reads the file; one that is not there is empty, unless it was asked for by name.
 * @throws RegctlError CONFIG_INVALID with file, line and column.
 */
export async function readConfigFile(path: string, { named = false } = {}): Promise<ConfigFile> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException
    // A home that is no folder, such as /dev/null, has no configuration.
    if (!named && (code === 'ENOENT' || code === 'ENOTDIR')) return { hosts: new Map() }
    throw new RegctlError('CONFIG_INVALID', `could not read ${path} (${code})`, {
      hint: named ? 'REGCTL_CONFIG names it' : undefined,
      cause,
    })
  }
  return parseConfigFile(text, path)
}

export async function parseConfigFile(text: string, path: string): Promise<ConfigFile> {
  const { findNodeAtLocation, getNodeValue, parseTree, printParseErrorCode } = await import('jsonc-parser')
  const refuse = (offset: number, problem: string): never => {
    const before = text.slice(0, offset).split('\n')
    throw new RegctlError('CONFIG_INVALID', `${path}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}: ${problem}`)
  }
  const errors: import('jsonc-parser').ParseError[] = []
  const root = parseTree(text, errors, { allowTrailingComma: true, allowEmptyContent: true })
  const [first] = errors
  if (first) refuse(first.offset, printParseErrorCode(first.error))

  type Node = import('jsonc-parser').Node
  const entries = (node: Node | undefined, what: string): [string, Node, Node][] => {
    if (node?.type !== 'object') return refuse(node?.offset ?? 0, `${what} must be an object`)
    return (node.children ?? []).flatMap(({ children: [key, value] = [] }) =>
      key && value ? [[String(key.value), key, value]] : [],
    )
  }
  const hosts = new Map<string, HostSettings>()
  const file: ConfigFile = { hosts }
  if (!root) return file
  for (const [key, keyNode, value] of entries(root, 'the configuration')) {
    if (key === 'jobs')
      file.jobs = checked(value, 'count')
        ? (getNodeValue(value) as number)
        : refuse(value.offset, 'jobs must be a whole number above 0')
    else if (key === 'hosts')
      for (const [host, , settings] of entries(value, 'hosts'))
        hosts.set(host.toLowerCase(), hostSettings(host, settings))
    else if (key === 'mirrorsFrom')
      file.mirrorsFrom = checked(value, 'strings')
        ? (getNodeValue(value) as string[])
        : refuse(value.offset, 'mirrorsFrom must be a list of texts: docker, containerd, podman, or files')
    else if (isAmount(key)) file[key] = amount(key, value)
    else refuse(keyNode.offset, `unknown key ${JSON.stringify(key)}`)
  }
  return file

  function amount(key: keyof typeof amounts, node: Node): number {
    const { parse, description } = amounts[key]
    const value: unknown = getNodeValue(node)
    try {
      return parse(typeof value === 'number' || typeof value === 'string' ? String(value) : '')
    } catch {
      return refuse(node.offset, `${key} must be ${description}`)
    }
  }

  function hostSettings(host: string, node: Node): HostSettings {
    const what = `hosts[${JSON.stringify(host)}]`
    checkKeys(node, what, hostKeys)
    const settings = getNodeValue(node) as HostSettings
    if (settings.api !== undefined && (settings.product ?? 'nexus') !== 'nexus')
      refuse(node.offset, `${what} has an api, which is Nexus's, and another product`)
    const listed = findNodeAtLocation(node, ['mirrors'])?.children
    return listed ? { ...settings, mirrors: listed.map(mirrorSettings) } : settings
  }

  /** A text is a mirror's address and nothing else. */
  function mirrorSettings(node: Node): MirrorSettings {
    if (node.type === 'string') return { url: String(getNodeValue(node)) }
    checkKeys(node, 'a mirror', mirrorKeys)
    const settings = getNodeValue(node) as MirrorSettings
    return settings.url === undefined ? refuse(node.offset, 'a mirror needs a url') : settings
  }

  function checkKeys(node: Node, what: string, kinds: Readonly<Record<string, Kind>>): void {
    for (const [key, keyNode, value] of entries(node, what)) {
      const kind = Object.hasOwn(kinds, key) ? kinds[key] : undefined
      if (kind === undefined) refuse(keyNode.offset, `unknown key ${JSON.stringify(key)}`)
      else if (!checked(value, kind)) refuse(value.offset, `${key} must be ${descriptions[kind]}`)
    }
  }

  function checked(node: Node, kind: Kind): boolean {
    const value: unknown = getNodeValue(node)
    if (kind === 'mirrors') return node.type === 'array'
    if (kind === 'own') return value === 'own'
    if (kind === 'count') return Number.isSafeInteger(value) && (value as number) > 0
    if (kind === 'strings') return Array.isArray(value) && value.every(item => typeof item === 'string')
    // The Hub is known by its name.
    if (kind === 'product') return isProduct(value) && value !== 'docker-hub'
    if (kind === 'address') return isAddress(value)
    return typeof value === kind
  }
}

/** Nothing that a path is put behind has a user, a query or a fragment. */
function isAddress(value: unknown): boolean {
  return typeof value === 'string' && /^https?:\/\/[^\s@?#\\]+$/i.test(value) && URL.canParse(value)
}

function isAmount(key: string): key is keyof typeof amounts {
  return Object.hasOwn(amounts, key)
}

const descriptions: Readonly<Record<Kind, string>> = {
  boolean: 'true or false',
  string: 'a text',
  strings: 'a list of texts',
  count: 'a whole number above 0',
  mirrors: 'a list of addresses, or of objects with a url',
  own: '"own", or left out',
  product: '"harbor", "nexus" or "registry"',
  address: 'https://HOST[:PORT][/PATH]',
}
