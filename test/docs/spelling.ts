import { type ManifestCommand, wordsOf } from '../../src/cli/manifest.ts'

/** A command of ours as a page has it. */
export interface Spelled {
  line: string
  /** All its arguments are there: a line of code, and not a name in a sentence. */
  isWhole: boolean
}

/** What a page says of regctl in lines of code and in code within sentences. */
export function commandsOf(markdown: string): Spelled[] {
  const fences = [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].filter(([, language]) => language !== 'ts')
  const lines = fences.flatMap(([, , block = '']) => typedIn(block.split('\n'))).map(line => ({ line, isWhole: true }))
  const sentences = markdown.replace(/^```[\s\S]*?^```$/gm, '')
  const spans = [...sentences.matchAll(/`([^`\n]*)`/g)].map(([, line = '']) => ({
    line: line.replaceAll('\\|', '|'),
    isWhole: false,
  }))
  return [...lines, ...spans].flatMap(({ line, isWhole }) => split(line).map(part => ({ line: part, isWhole })))
}

/** Where some lines begin with a prompt, the others are what was printed. */
function typedIn(lines: readonly string[]): readonly string[] {
  const prompted = lines.filter(line => /^\s*\$ /.test(line))
  return prompted.length > 0 ? prompted : lines
}

/** The commands of a line of shell, those of ours alone. */
function split(line: string): string[] {
  return line
    .replace(/(^|\s)#.*$/, '')
    .replace(/\d?[<>]\s*[^\s(]+/g, '')
    .split(/\||&&|;|\$\(|<\(|\)/)
    .map(part => part.replace(/^[\s$"'-]*(?:run: )?(?:(?:sudo|exec|ssh host|\w+=\S*)\s+['"]?)*/, '').trim())
    .filter(part => /^regctl(\s|$)/.test(part))
}

/** What is wrong with it: no such command or flag, arguments too few or too many. `[FLAGS]` and the like are for reading, not for typing. */
export function problemOf(
  { line, isWhole }: Spelled,
  commands: Readonly<Record<string, ManifestCommand>>,
): string | undefined {
  if (/\[FLAGS\]|…|\.\.\./.test(line) && !/sha256:…/.test(line)) return undefined
  const words = (line.match(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g) ?? [])
    .slice(1)
    .filter(word => !/^[<>\d]*[<>]|^&$/.test(word))
  const typed = words.slice(0, words.includes('--') ? words.indexOf('--') : undefined)
  const names = new Map<string, ManifestCommand>(
    Object.values(commands).flatMap(command =>
      [command.id, ...command.aliases, ...command.hiddenAliases].map(name => [name, command] as const),
    ),
  )
  const length = [3, 2, 1].find(count => names.has(typed.slice(0, count).join(':')))
  const command = names.get(typed.slice(0, length ?? 0).join(':'))
  if (!command || length === undefined) {
    const [first = '--help'] = typed
    const isTopic = typed.length === 1 && Object.keys(commands).some(id => id.startsWith(`${first}:`))
    return isTopic || /^(?:-|COMMAND$)/.test(first) ? undefined : `there is no regctl ${typed.slice(0, 2).join(' ')}`
  }
  const name = `regctl ${wordsOf(command.id)}`
  const given: string[] = []
  for (let at = length; at < typed.length; at++) {
    const word = typed[at] ?? ''
    if (!/^-[^:]/.test(word)) {
      given.push(word)
      continue
    }
    const [key = ''] = word.split('=')
    if (key === '--help') return undefined
    const flag = Object.values(command.flags).find(({ name, char, aliases = [] }) =>
      [`--${name}`, `-${char}`, ...aliases.map(alias => `--${alias}`)].includes(key),
    )
    if (!flag) return `${name} has no flag ${key}`
    if (flag.type === 'option' && !word.includes('=')) at++
  }
  if (!isWhole) return undefined
  const args = Object.values(command.args)
  const least = args.filter(({ required }) => required).length
  const most = args.some(({ multiple }) => multiple) ? Number.POSITIVE_INFINITY : args.length
  const count = (number: number) => `${number} argument${number === 1 ? '' : 's'}`
  if (given.length < least) return `${name} needs ${count(least)} at least`
  if (given.length > most) return `${name} takes ${count(most)} at most`
  return undefined
}
