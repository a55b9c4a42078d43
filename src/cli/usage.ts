import { RegctlError } from '../model/errors.ts'
import { nearest } from '../model/nearest.ts'
import { foreignFlags } from './foreign.ts'

/** What is to know of a flag to say what is wrong with it. */
export interface FlagFacts {
  helpValue?: string | string[] | undefined
  options?: readonly string[] | undefined
  hidden?: boolean | undefined
  exclusive?: readonly unknown[] | undefined
  dependsOn?: readonly unknown[] | undefined
}

/** Where an error arose: what the sentence and the hint of a wrong flag or argument need. */
export interface UsageContext {
  /** `regctl tags`. */
  command: string
  /** By their names, the shared ones too. */
  flags: Readonly<Record<string, FlagFacts>>
  /** A whole command line that works: `regctl tags alpine`. */
  example?: string | undefined
}

/** What oclif's parser throws; its words are for programmers, and name the values of flags, passwords among them. */
export interface OclifParseError extends Error {
  /** Of NonExistentFlagsError: the flags nobody knows. */
  flags?: string[]
  /** Of RequiredArgsError: definitions of what is missing; of UnexpectedArgsError: the surplus. */
  args?: ({ name: string } | string)[]
  /** What was parsed so far. */
  parse?: { output?: { flags?: Readonly<Record<string, unknown>>; metadata?: Metadata } }
}

type Metadata = { flags?: Readonly<Record<string, { setFromDefault?: boolean }>> }

/** A parse error of oclif in one sentence of ours, with the nearest name there is. Always USAGE; no value of two flags that exclude each other is told (T15). */
export function usageError(error: OclifParseError, context: UsageContext): RegctlError {
  const { command, example } = context
  const say = (message: string, hint?: string) => new RegctlError('USAGE', message, { hint: withHelp(command, hint) })
  const unknown = error.flags?.[0]
  if (unknown !== undefined) return unknownFlag(unknown, context)
  const missing = error.args?.flatMap(arg => (typeof arg === 'string' ? [] : [arg.name.toUpperCase()])) ?? []
  if (missing.length > 0) return say(`${command} needs ${missing.join(' and ')}`, example && `for example: ${example}`)
  const surplus = error.args?.filter(arg => typeof arg === 'string') ?? []
  if (surplus.length > 0) return say(`${command} does not take ${surplus.map(shown).join(' ')}`)
  const { message, hint } = contradiction(error, context) ?? wrongValue(plain(error.message), context)
  return say(message, hint)
}

/** Text that somebody typed, so that an empty one is seen and a long one ends. */
export function shown(text: string): string {
  const short = text.length > 100 ? `${text.slice(0, 100)}…` : text
  return /^[\w./:@=+-]+$/.test(short) ? short : JSON.stringify(short)
}

interface Told {
  message: string
  hint?: string | undefined
}

function unknownFlag(typed: string, { command, flags }: UsageContext): RegctlError {
  const name = typed.replace(/=.*$/s, '')
  const own = Object.keys(flags).filter(flag => !flags[flag]?.hidden)
  const [meant] = nearest(
    name,
    own.map(flag => `--${flag}`),
  )
  const elsewhere = foreignFlags(command.replace(/^regctl /, '')).get(name)
  const hint = elsewhere ?? (meant && `did you mean ${meant}?`)
  return new RegctlError('USAGE', `${command} has no flag ${shown(name)}`, { hint: withHelp(command, hint) })
}

function withHelp(command: string, hint: string | undefined): string {
  const help = `see ${command} --help`
  return hint ? `${hint}${hint.endsWith('?') ? '' : ';'} ${help}` : help
}

/** Flags that do not go together, found anew in what was parsed. */
function contradiction({ parse }: OclifParseError, { flags }: UsageContext): Told | undefined {
  const { flags: given = {}, metadata } = parse?.output ?? {}
  const isGiven = (name: string) => given[name] !== undefined && !metadata?.flags?.[name]?.setFromDefault
  for (const [name, { exclusive = [], dependsOn = [] }] of Object.entries(flags)) {
    if (!isGiven(name)) continue
    const against = exclusive.map(String).find(isGiven)
    if (against !== undefined) {
      return { message: `--${name} and --${against} exclude each other`, hint: 'leave one of them out' }
    }
    const lacking = dependsOn.map(String).find(other => !isGiven(other))
    if (lacking !== undefined) {
      return { message: `--${name} needs --${lacking} beside it`, hint: `add ${written(lacking, flags[lacking])}` }
    }
  }
  return undefined
}

function wrongValue(message: string, { flags }: UsageContext): Told {
  const [, many] = /^Flag --(\S+) can only be specified once$/.exec(message) ?? []
  if (many) return { message: `--${many} is given more than once, and takes one value` }
  const [, bare] = /^Flag --(\S+) expects (?:a value|one of these values: .*)$/.exec(message) ?? []
  if (bare) return { message: `--${bare} needs a value`, hint: `write ${written(bare, flags[bare])}` }
  const [, flag, got = '', options] = /^Expected (?:--([\w-]+)=)?([\s\S]*) to be one of: (.*)$/.exec(message) ?? []
  if (options !== undefined) return wrongChoice(flag, got, options.split(', '))
  const number =
    /^Parsing --(\S+)\s+Expected an integer(?: (greater|less) than or equal to (-?\d+))? but received: ([\s\S]*)$/
  const [, name, side, bound, value = ''] = number.exec(message) ?? []
  if (name === undefined) return { message: message.replace(/\s*\n\s*/g, '; ') }
  const range = side === undefined ? '' : ` of at ${side === 'greater' ? 'least' : 'most'} ${bound}`
  return { message: `--${name} takes a whole number${range}, and not ${shown(value)}` }
}

function wrongChoice(flag: string | undefined, got: string, options: readonly string[]): Told {
  const all = options.length > 1 ? `${options.slice(0, -1).join(', ')} or ${options.at(-1)}` : options.join()
  return { message: flag ? `--${flag} takes ${all}, and not ${shown(got)}` : `${shown(got)} is not ${all}` }
}

/** `--filter GLOB`, as help writes it. */
function written(name: string, { helpValue, options }: FlagFacts = {}): string {
  const value = [helpValue ?? options?.join('|') ?? []].flat().join(' ')
  return value === '' ? `--${name}` : `--${name} ${value}`
}

/** Without colours and the advice that the hint gives already. */
function plain(message: string): string {
  return message.replace(/\u001b\[[\d;]*m/g, '').replace(/\n?See more help with --help$/, '')
}
