import type { Command } from '@oclif/core/command'
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
  return (end === -1 ? argv : argv.slice(0, end)).includes('--json')
}
