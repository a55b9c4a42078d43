import { idOf, type Manifest, type ManifestCommand, type ManifestFlag, wordsOf } from './manifest.ts'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** A script that teaches the shell every visible command, flag and choice of the manifest. */
export function completionScript(shell: Shell, manifest: Manifest): string {
  const commands = Object.values(manifest.commands).filter(command => !command.hidden)
  if (shell === 'bash') return bash(commands)
  return shell === 'zsh' ? zsh(commands) : fish(commands)
}

/** What may follow `path`, and what it means: `['tags', 'list the tags of a repository']`. */
function childrenOf(commands: readonly ManifestCommand[], path: string): Map<string, string> {
  const prefix = path === '' ? '' : `${path}:`
  const children = new Map<string, string>()
  for (const { id, summary = '' } of commands) {
    if (!id.startsWith(prefix) || id === path) continue
    const [word = '', ...more] = id.slice(prefix.length).split(':')
    children.set(word, more.length === 0 ? summary : (children.get(word) ?? ''))
  }
  return children
}

/** '' and each command and topic: `manifest`, `manifest:get`. */
function pathsOf(commands: readonly ManifestCommand[]): string[] {
  const ids = commands.flatMap(({ id }) => id.split(':').map((_, at, words) => words.slice(0, at + 1).join(':')))
  return ['', ...new Set(ids)]
}

function flagsOf(commands: readonly ManifestCommand[], path: string): ManifestFlag[] {
  const command = commands.find(({ id }) => id === path)
  return Object.values(command?.flags ?? {}).filter(flag => !flag.hidden)
}

/** What the arguments of a command can be, where that is a choice. */
function choicesOf(commands: readonly ManifestCommand[], path: string): readonly string[] {
  const command = commands.find(({ id }) => id === path)
  return Object.values(command?.args ?? {}).flatMap(arg => arg.options ?? [])
}

function bash(commands: readonly ManifestCommand[]): string {
  const paths = pathsOf(commands)
  const known = paths.slice(1).map(path => `"/${wordsOf(path)}"`)
  const choices = paths.flatMap(path =>
    flagsOf(commands, path).flatMap(({ name, options }) =>
      options ? [`    "/${wordsOf(path)} --${name}") words="${options.join(' ')}" ;;`] : [],
    ),
  )
  const words = paths.map(path => {
    const flags = [...flagsOf(commands, path).map(({ name }) => `--${name}`), '--help']
    return `      "/${wordsOf(path)}") words="${[...childrenOf(commands, path).keys(), ...choicesOf(commands, path), ...flags].join(' ')}" ;;`
  })
  return `# regctl completion bash: source this, or keep it in ~/.local/share/bash-completion/completions/regctl
_regctl() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" path="/" words="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [ "$path" = "/" ] && word="/$word" || word="$path $word"
    case "$word" in ${known.join('|')}) path="$word" ;; esac
  done
  case "$path $prev" in
${choices.join('\n')}
    *) case "$path" in
${words.join('\n')}
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _regctl regctl
`
}

function zsh(commands: readonly ManifestCommand[]): string {
  const cases = pathsOf(commands).map(path => {
    const children = [...childrenOf(commands, path)].map(([word, text]) => `'${word}:${quoted(text)}'`)
    const choices = choicesOf(commands, path).map(choice => `'${choice}'`)
    const flags = flagsOf(commands, path).map(({ name, summary = '' }) => `'--${name}:${quoted(summary)}'`)
    return `    '${idOf(path)}') items=(${[...children, ...choices, ...flags, "'--help:what it takes'"].join(' ')}) ;;`
  })
  return `#compdef regctl
# regctl completion zsh: keep this as _regctl in a folder of $fpath
_regctl() {
  local path_='' next word
  local -a items
  local -a known=(${pathsOf(commands).slice(1).join(' ')})
  for word in \${words[2,CURRENT-1]}; do
    next="\${path_:+$path_:}$word"
    (( \${known[(Ie)$next]} )) && path_=$next
  done
  case $path_ in
${cases.join('\n')}
  esac
  _describe 'regctl' items
  _files
}
compdef _regctl regctl
`
}

function fish(commands: readonly ManifestCommand[]): string {
  const paths = pathsOf(commands)
  const lines = paths.flatMap(path => {
    const when =
      path === '' ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${wordsOf(path).split(' ').at(-1)}`
    const children = [...childrenOf(commands, path)].map(
      ([word, text]) => `complete -c regctl -n '${when}' -a '${word}' -d '${quoted(text)}'`,
    )
    const flags = flagsOf(commands, path).map(({ name, char, type, options, summary = '' }) => {
      const short = char ? ` -s ${char}` : ''
      const value = type === 'option' ? ` -r${options ? ` -f -a '${options.join(' ')}'` : ''}` : ''
      return `complete -c regctl -n '${when}' -l ${name}${short}${value} -d '${quoted(summary)}'`
    })
    const choices = choicesOf(commands, path).map(choice => `complete -c regctl -n '${when}' -a '${choice}'`)
    return [...children, ...choices, ...flags]
  })
  return `# regctl completion fish: keep this as ~/.config/fish/completions/regctl.fish\n${lines.join('\n')}\n`
}

/** Our own summaries, inside single quotes. */
function quoted(text: string): string {
  return text.replace(/['\\:]/g, ' ')
}
