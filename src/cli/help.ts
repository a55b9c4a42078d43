import { paint, type Style } from '../output/style.ts'
import { wrap } from '../output/width.ts'
import { type Manifest, type ManifestArg, type ManifestCommand, type ManifestFlag, wordsOf } from './manifest.ts'

/** Which commands stand together on the front page, in this order; whatever is not named here comes last. */
const groups: readonly [title: string, ids: readonly string[]][] = [
  ['ACCOUNTS', ['login', 'logout', 'whoami']],
  ['LOOK', ['tags', 'repos', 'search', 'inspect', 'digest', 'limits']],
  ['MOVE AND CHANGE', ['copy', 'tag', 'delete', 'manifest', 'blob', 'index', 'artifact']],
  ['RUN', ['serve', 'mirror', 'webhook', 'doctor']],
]

const widest = 100

/** The front page: what it is, the commands by what one wants to do, three examples. */
export function rootHelp(manifest: Manifest, style: Style): string {
  const top = topLevel(manifest)
  const named = new Set(groups.flatMap(([, ids]) => ids))
  const sections = [...groups, ['MORE', [...top.keys()].filter(id => !named.has(id))] as const].flatMap(
    ([title, ids]) => {
      const rows = ids.flatMap(id => (top.has(id) ? [[id, top.get(id) ?? ''] as const] : []))
      return rows.length > 0 ? [`${paint(title, 'bold', style)}\n${columns(rows, style)}`] : []
    },
  )
  return [
    'List, inspect and copy container images in any registry, without a daemon.',
    section('USAGE', ['$ regctl COMMAND [FLAGS]'], style),
    ...sections,
    section(
      'EXAMPLES',
      [
        '$ regctl tags alpine --semver ">=3.20" --long',
        '$ regctl inspect ghcr.io/team/app:1.2 --platform linux/arm64',
        '$ regctl copy alpine:3.22 localhost:5000/alpine:3.22',
      ],
      style,
    ),
    'regctl COMMAND --help tells more about a command.',
  ].join('\n\n')
}

/** The commands of one topic: `regctl manifest`. */
export function topicHelp(manifest: Manifest, topic: string, style: Style): string {
  const rows = Object.values(manifest.commands)
    .filter(({ id, hidden }) => id.startsWith(`${topic}:`) && !hidden)
    .map(command => [wordsOf(command.id), summaryOf(command)] as const)
  return [
    section('USAGE', [`$ regctl ${topic} COMMAND [FLAGS]`], style),
    `${paint('COMMANDS', 'bold', style)}\n${columns(rows, style)}`,
  ].join('\n\n')
}

/** One command: what it does, examples first, arguments, its own flags, then the shared ones. */
export function commandHelp(command: ManifestCommand, style: Style): string {
  const args = Object.values(command.args).filter(arg => !arg.hidden)
  const flags = Object.values(command.flags).filter(flag => !flag.hidden)
  const own = flags.filter(flag => !flag.helpGroup)
  const shared = [...new Set(flags.flatMap(flag => flag.helpGroup ?? []))]
  const parts = [
    [summaryOf(command), paragraphs(command.description ?? '', style)].filter(Boolean).join('\n\n'),
    section('USAGE', usageLines(command, args, own.length > 0), style),
    section('EXAMPLES', exampleLines(command), style),
    titled(
      'ARGUMENTS',
      args.map(arg => [arg.name.toUpperCase(), argText(arg)] as const),
      style,
    ),
    titled('FLAGS', own.map(flagRow), style),
    ...shared.map(group =>
      titled(`${group} FLAGS`, flags.filter(flag => flag.helpGroup === group).map(flagRow), style),
    ),
  ]
  return parts.filter(Boolean).join('\n\n')
}

function topLevel({ commands }: Manifest): Map<string, string> {
  const top = new Map<string, string>()
  for (const command of Object.values(commands)) {
    if (command.hidden) continue
    const [head = '', ...more] = command.id.split(':')
    if (more.length === 0) top.set(head, summaryOf(command))
    else if (!top.has(head)) top.set(head, wordsUnder(commands, head))
  }
  return top
}

/** `get, head, put` of `manifest`. */
export function wordsUnder(commands: Manifest['commands'], topic: string): string {
  const below = Object.keys(commands).filter(id => id.startsWith(`${topic}:`) && !commands[id]?.hidden)
  return below.map(id => id.slice(topic.length + 1)).join(', ')
}

function summaryOf({ summary }: ManifestCommand): string {
  return summary ?? ''
}

function usageLines(command: ManifestCommand, args: readonly ManifestArg[], hasFlags: boolean): string[] {
  if (command.usage) return [command.usage].flat().map(usage => `$ regctl ${usage}`)
  const words = args.map(arg => {
    const name = arg.name.toUpperCase() + (arg.multiple ? '…' : '')
    return arg.required ? name : `[${name}]`
  })
  return [['$ regctl', wordsOf(command.id), ...words, ...(hasFlags ? ['[FLAGS]'] : [])].join(' ')]
}

function exampleLines({ examples = [] }: ManifestCommand): string[] {
  return examples.flatMap(example =>
    typeof example === 'string' ? [`$ ${example}`] : [`# ${example.description}`, `$ ${example.command}`],
  )
}

function argText({ description = '', options, required }: ManifestArg): string {
  const choice = options ? ` (${options.join(', ')})` : ''
  return `${description}${choice}${required || !description ? '' : ' (optional)'}`
}

function flagRow(flag: ManifestFlag): readonly [string, string] {
  const value = flag.type === 'option' ? ` ${flag.helpValue ?? flag.options?.join('|') ?? flag.name.toUpperCase()}` : ''
  const text = flag.summary ?? flag.description ?? ''
  const standard = flag.type === 'option' && flag.default !== undefined ? ` (default: ${flag.default})` : ''
  return [`${flag.char ? `-${flag.char}, ` : '    '}--${flag.name}${value}`, `${text}${standard}`]
}

function section(title: string, lines: readonly string[], style: Style): string {
  return lines.length > 0 ? [paint(title, 'bold', style), ...lines.map(line => `  ${line}`)].join('\n') : ''
}

function titled(title: string, rows: readonly (readonly [string, string])[], style: Style): string {
  return rows.length > 0 ? `${paint(title, 'bold', style)}\n${columns(rows, style)}` : ''
}

/** Where a page is narrower than {@link widest}: a name that is longer has a line to itself, so that the texts beside the others stay short. */
const longName = 30

/** Two columns; the right one is wrapped, the left one never. */
function columns(rows: readonly (readonly [string, string])[], style: Style): string {
  const lengths = rows.map(([name]) => name.length)
  const fitting = lengths.filter(length => style.width >= widest || length <= longName)
  const left = fitting.length > 0 ? Math.max(...fitting) : longName
  const room = Math.max(24, Math.min(style.width, widest) - left - 4)
  return rows
    .map(([name, text]) => {
      const lines = wrap(text, room)
      const indent = ' '.repeat(left + 4)
      const beside = name.length > left ? '' : (lines.shift() ?? '')
      return [`  ${name.padEnd(left)}  ${beside}`.trimEnd(), ...lines.map(line => indent + line)].join('\n')
    })
    .join('\n')
}

function paragraphs(text: string, style: Style): string {
  return text
    .split('\n')
    .flatMap(line => wrap(line, Math.min(style.width, widest)))
    .join('\n')
}
