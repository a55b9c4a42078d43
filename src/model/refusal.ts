import { domainToASCII } from 'node:url'
import { RegctlError } from './errors.ts'

/** Longer than any reference a registry would take, short enough to look at closely (T26). */
const maxLength = 2048

/** Makes the error for one text: the reason, and what to try. */
export type Refuse = (reason: string, hint?: string) => RegctlError

/** Errors `REFERENCE_INVALID` that say what the text was meant to be. */
export function refuser(text: string, what: string): Refuse {
  return (reason, hint) => {
    const details = hint === undefined ? {} : { hint }
    return new RegctlError('REFERENCE_INVALID', `${shown(text)} is not ${what}: ${reason}`, details)
  }
}

/** The text in quotes, short, and without what may be a secret: `user:password@`, a query. */
export function shown(text: string): string {
  const digest = /@(?:sha\d+:[^@]{0,200}|[a-z0-9]+:[0-9a-f]{32,128})$/.exec(text.slice(0, maxLength))?.[0] ?? ''
  const name = text.slice(0, Math.min(text.length, maxLength) - digest.length)
  const harmless = name.slice(name.lastIndexOf('@') + 1).replace(/[?#].*$/s, '…')
  const short = harmless.length > 200 ? `${harmless.slice(0, 200)}…` : harmless
  return JSON.stringify((name.includes('@') ? '…@' : '') + short + digest)
}

/** Whatever the grammars of a reference would refuse as well, told so that a person sees which character it is (T18). */
export function refuseTraps(text: string, refuse: Refuse): void {
  if (text === '') throw refuse('it is empty')
  if (text.length > maxLength) throw refuse(`it is longer than ${maxLength} characters`)
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[0]
  if (scheme) throw refuse(`it begins with ${scheme}`, `leave out ${scheme}`)
  if (/[\0-\x20\x7f]/.test(text)) throw refuse('it has a space, a line break or a control character')
  const character = /[\\%?#]/.exec(text)?.[0]
  if (character) throw refuse(`it has a ${JSON.stringify(character)}`)
  if (/[^\x20-\x7e]/.test(text)) throw refuse('it has characters outside ASCII', punycodeHint(text))
}

/** A look-alike host is told apart by its ASCII form (T18). */
function punycodeHint(text: string): string | undefined {
  const host = text.slice(text.lastIndexOf('@') + 1).split(/[/:]/, 1)[0] ?? ''
  const ascii = domainToASCII(host)
  return ascii !== '' && ascii !== host ? `if you trust that host, write ${ascii}` : undefined
}
