import { nearest } from '../model/nearest.ts'
import { asksJson } from './arguments.ts'
import { idOf, type Manifest, type ManifestCommand, type ManifestFlag, wordsOf } from './manifest.ts'

/** What a command line asks for. */
export type Request =
  | { kind: 'run'; command: ManifestCommand; argv: string[] }
  | { kind: 'help'; command: ManifestCommand }
  /** '' is the whole program. */
  | { kind: 'topic-help'; topic: string }
  /** A topic without a command, by what wants JSON or has flags; '' is the whole program. */
  | { kind: 'bare'; topic: string; flag?: string }
  /** `topic`: the words begin with the name of one. */
  | { kind: 'unknown'; words: string; meant?: string; topic?: string }

const mostWords = 3

/**
 * Finds the command at the head of a command line: `--json tag ls IMAGE`, `help tags`, `tags --help`. Shared flags may
 * stand before the command; aliases are followed; the longest name wins.
 */
export function resolveRequest(manifest: Manifest, argv: readonly string[]): Request {
  const { flags, rest } = splitLeadingFlags(manifest, argv)
  const asksHelp = rest[0] === 'help' || wantsHelp(argv)
  const words = rest[0] === 'help' ? rest.slice(1) : rest
  const found = findCommand(manifest, words)
  if (found && !isBareTopic(manifest, found, words)) {
    if (asksHelp) return { kind: 'help', command: found.command }
    return { kind: 'run', command: found.command, argv: [...flags, ...words.slice(found.taken)] }
  }
  const typed = words.filter(word => !word.startsWith('-'))
  const [topic = ''] = typed
  // What stands before the command and is no shared flag may have taken the next word for itself.
  if (typed.length > 0 && words[0]?.startsWith('-') && !asksHelp) return { kind: 'bare', topic: '', flag: words[0] }
  if (typed.length > 1 || (topic !== '' && !isTopic(manifest, topic))) return unknown(manifest, words)
  // Help asked for in so many words is for a person, whatever else is there.
  if (asksHelp) return { kind: 'topic-help', topic }
  const flag = words.find(word => word.startsWith('-') && !isShared(manifest, word))
  if (flag !== undefined) return { kind: 'bare', topic, flag }
  return asksJson(argv) ? { kind: 'bare', topic } : { kind: 'topic-help', topic }
}

/** `--help` or `-h` before a `--`. */
function wantsHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  const ours = end === -1 ? argv : argv.slice(0, end)
  return ours.includes('--help') || ours.includes('-h')
}

function splitLeadingFlags(manifest: Manifest, argv: readonly string[]): { flags: string[]; rest: string[] } {
  const known = sharedFlags(manifest)
  let at = 0
  while (at < argv.length) {
    const flag = known.get(argv[at]?.replace(/=.*$/s, '') ?? '')
    if (!flag) break
    at += flag.type === 'option' && !argv[at]?.includes('=') ? 2 : 1
  }
  return { flags: argv.slice(0, at), rest: argv.slice(at) }
}

/** Those in a help group: every command has them. */
function sharedFlags({ commands }: Manifest): Map<string, ManifestFlag> {
  const flags = Object.values(Object.values(commands)[0]?.flags ?? {}).filter(flag => flag.helpGroup)
  return new Map(flags.flatMap(flag => [[`--${flag.name}`, flag] as const, [`-${flag.char ?? '-'}`, flag] as const]))
}

function isShared(manifest: Manifest, word: string): boolean {
  return sharedFlags(manifest).has(word.replace(/=.*$/s, ''))
}

interface Found {
  command: ManifestCommand
  /** Words that name it. */
  taken: number
}

function findCommand(manifest: Manifest, words: readonly string[]): Found | undefined {
  const byAlias = aliasesOf(manifest)
  for (let taken = Math.min(mostWords, words.length); taken > 0; taken -= 1) {
    const id = idOf(words.slice(0, taken).join(' '))
    const command = (Object.hasOwn(manifest.commands, id) ? manifest.commands[id] : undefined) ?? byAlias.get(id)
    if (command) return { command, taken }
  }
  return undefined
}

function aliasesOf({ commands }: Manifest): Map<string, ManifestCommand> {
  return new Map(
    Object.values(commands).flatMap(command =>
      [...command.aliases, ...command.hiddenAliases].map(alias => [idOf(alias), command] as const),
    ),
  )
}

/** `regctl manifest` alone asks for the topic, although crane's `manifest IMAGE` is a command. */
function isBareTopic(manifest: Manifest, { command, taken }: Found, words: readonly string[]): boolean {
  const [word = ''] = words
  const isAlias = taken === 1 && !Object.hasOwn(manifest.commands, word) && command.id !== word
  if (!isAlias || !isTopic(manifest, word)) return false
  const [first = '', ...others] = words.slice(1).filter(each => !each.startsWith('-'))
  // crane's takes one image: what stands before another word was to be a command.
  return first === '' || (others.length > 0 && nearest(first, namesUnder(manifest, word)).length > 0)
}

/** `get`, `head`, `put` of `manifest`. */
function namesUnder({ commands }: Manifest, topic: string): string[] {
  return Object.keys(commands).flatMap(id => (id.startsWith(`${topic}:`) ? [wordsOf(id.slice(topic.length + 1))] : []))
}

function isTopic({ commands }: Manifest, word: string): boolean {
  return Object.keys(commands).some(id => id.startsWith(`${word}:`))
}

function unknown(manifest: Manifest, words: readonly string[]): Request {
  const typed = words.filter(word => !word.startsWith('-'))
  const [first = '', second] = typed
  const names = Object.keys(manifest.commands).map(wordsOf)
  if (second !== undefined && isTopic(manifest, first)) {
    const [meant] = nearest(second, namesUnder(manifest, first))
    return { kind: 'unknown', words: `${first} ${second}`, topic: first, ...(meant && { meant: `${first} ${meant}` }) }
  }
  const topics = new Set(names.map(name => name.replace(/ .*/s, '')))
  const meant = nearest(typed.slice(0, 2).join(' '), names)[0] ?? nearest(first, [...names, ...topics])[0]
  return { kind: 'unknown', words: first, ...(meant ? { meant } : {}) }
}
