import type { Command } from '@oclif/core/command'
import { RegctlError } from '../model/errors.ts'
import { parseLocation } from '../model/location.ts'
import { parseRegistry } from '../model/reference.ts'

/** Arguments that come from the command line alone: oclif takes a missing one from stdin, and a password that is piped in would be the registry (T16). */
export function fromArgvAlone(args: typeof Command.args): typeof Command.args {
  return Object.fromEntries(Object.entries(args).map(([name, arg]) => [name, { ...arg, ignoreStdin: true }]))
}

/** The registries and mirrors that arguments name; what is no image's name is for the command to refuse. */
export function registriesIn(args: readonly unknown[]): string[] {
  return args.flatMap(text => {
    // One that may be left out is undefined.
    if (typeof text !== 'string') return []
    try {
      if (/^https?:\/\//i.test(text)) return [parseRegistry(text)]
      const location = parseLocation(text)
      return location.scheme === 'registry' ? [location.reference.registry] : []
    } catch {
      return []
    }
  })
}

/** Whether `--json` is asked for: known before parsing, so that a parse error can answer in JSON too. */
export function asksJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return (end === -1 ? argv : argv.slice(0, end)).some(word => word === '--json' || /^--json=true$/i.test(word))
}

/**
 * `--force=true` is `--force`, and `--force=false` nothing, as in tools written in Go; oclif would take `true` for the first argument.
 * @throws RegctlError USAGE for another value
 */
export function plainSwitches(argv: readonly string[], flags: Readonly<Record<string, { type: string }>>): string[] {
  const end = argv.indexOf('--')
  const last = end === -1 ? argv.length : end
  return argv.flatMap((word, at) => {
    const [, name = '', value = ''] = /^--([a-z-]+)=([\s\S]*)$/.exec(word) ?? []
    const isSwitch = Object.hasOwn(flags, name) && flags[name]?.type === 'boolean'
    if (at >= last || !isSwitch || isValue(argv[at - 1], flags)) return [word]
    if (/^true$/i.test(value)) return [`--${name}`]
    if (/^false$/i.test(value)) return []
    throw new RegctlError('USAGE', `--${name} is there or not, and takes no value`, { hint: `write --${name} alone` })
  })
}

/** Whether what stands behind this word belongs to it. */
function isValue(before: string | undefined, flags: Readonly<Record<string, { type: string }>>): boolean {
  const name = before?.startsWith('--') ? before.slice(2) : ''
  return Object.hasOwn(flags, name) && flags[name]?.type === 'option'
}
