import { commandHelp } from './help.ts'
import type { Manifest, ManifestCommand } from './manifest.ts'
import { wordsOf } from './manifest.ts'

const page = { isTTY: false, color: false, unicode: true, width: 110, height: Number.POSITIVE_INFINITY }

/** `docs/commands.md`: the help of every command; what all of them share stands once, at the end. */
export function referencePage({ commands }: Manifest): string {
  const shown = Object.values(commands).filter(({ hidden }) => !hidden)
  const [first] = shown
  const shared = first
    ? {
        ...first,
        id: '',
        summary: '',
        description: '',
        usage: [],
        examples: [],
        args: {},
        flags: groupedFlags(first, true),
      }
    : undefined
  return [
    '# Commands',
    'Made from the help of the program by `npm run docs`; a test fails when it is stale. How a command ends: [Exit codes](exit-codes.md). What it reads besides its flags: [Environment and files](environment.md).',
    contents(shown),
    ...shown.map(command => {
      const other = [...command.aliases, ...command.hiddenAliases].map(alias => `\`${wordsOf(alias)}\``)
      return [
        `## regctl ${wordsOf(command.id)}`,
        ...(other.length > 0 ? [`Also known as ${other.join(', ')}.`] : []),
        fenced(commandHelp({ ...command, flags: groupedFlags(command, false) }, page)),
      ].join('\n\n')
    }),
    ...(shared ? [`## Flags of every command\n\n${fenced(commandHelp(shared, page).trim())}`] : []),
    '',
  ].join('\n\n')
}

function contents(commands: readonly ManifestCommand[]): string {
  const rows = commands.map(({ id, summary = '' }) => {
    const words = wordsOf(id)
    return `| [${words}](#regctl-${words.replaceAll(' ', '-')}) | ${summary} |`
  })
  return ['| command | |', '|---|---|', ...rows, '| [flags of every command](#flags-of-every-command) | |'].join('\n')
}

function groupedFlags({ flags }: ManifestCommand, grouped: boolean): ManifestCommand['flags'] {
  return Object.fromEntries(Object.entries(flags).filter(([, flag]) => Boolean(flag.helpGroup) === grouped))
}

function fenced(text: string): string {
  return `\`\`\`\n${text}\n\`\`\``
}
