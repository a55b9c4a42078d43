import { redactText } from '../http/redact.ts'
import { type ErrorCode, RegctlError } from '../model/errors.ts'
import { escapeJson, escapeText } from '../output/escape.ts'
import { paint, type Style } from '../output/style.ts'
import { exitCodes } from './exit-codes.ts'
import { type UsageContext, usageError } from './usage.ts'

/** Any thrown thing as a RegctlError: oclif's parse errors are USAGE, a missing file is NOT_FOUND, the unforeseen is FAILED and redacted (T15). */
export function toRegctlError(error: unknown, context: UsageContext): RegctlError {
  if (error instanceof RegctlError) return withoutPreamble(error)
  if (!(error instanceof Error)) return new RegctlError('FAILED', redactText(String(error)))
  if ('oclif' in error) return usageError(error, context)
  // Of a renaming, the name that somebody knows is the new one.
  const { code, path: source, dest: path = source } = error as NodeJS.ErrnoException & { dest?: string }
  const message = redactText(error.message)
  const meaning = code !== undefined && Object.hasOwn(fileErrors, code) ? fileErrors[code] : undefined
  // A write does not say to which file.
  const what = path === undefined ? meaning?.unnamed : redactText(path) || '""'
  if (meaning && what) {
    const { kind = 'FAILED', says, hint } = meaning
    return new RegctlError(kind, says(what), { hint, cause: error })
  }
  if (code === 'ENOENT') return new RegctlError('NOT_FOUND', message, { cause: error })
  return new RegctlError('FAILED', message || error.name, { cause: error })
}

interface FileError {
  kind?: ErrorCode
  says: (path: string) => string
  /** Stands for the path where Node tells none. */
  unnamed?: string
  hint?: string
}

const denied: FileError = {
  says: path => `this account may not use ${path}`,
  hint: 'look at the permissions of the file and of its folders',
}

/** What Node says of files (`EACCES: permission denied, open …`), as sentences. */
const fileErrors: Readonly<Record<string, FileError>> = {
  ENOENT: { kind: 'NOT_FOUND', says: path => `there is no ${path}` },
  EACCES: denied,
  EPERM: denied,
  ENOTDIR: { says: path => `${path} goes through something that is no folder`, hint: 'a part of the path is a file' },
  EISDIR: { unnamed: 'what was named', says: path => `${path} is a folder, and not a file` },
  EEXIST: { kind: 'EXISTS', says: path => `${path} is there already`, hint: 'choose another name' },
  ENAMETOOLONG: { says: path => `${path.slice(0, 100)}… is too long for the name of a file` },
  ELOOP: { says: path => `${path} is a link that leads nowhere`, hint: 'look at where it points' },
  EROFS: { says: path => `${path} is on a file system that cannot be written to` },
  ENOSPC: {
    unnamed: 'what was to be written',
    says: path => `no space is left for ${path}`,
    hint: 'make room, and run the same command again',
  },
  EDQUOT: {
    says: path => `the quota of this account leaves no space for ${path}`,
    hint: 'make room, and run the same command again',
  },
}

/** As CLI.md has it: `{"error":{"code":"NOT_FOUND","message":"…","hint":"…","exit":3}}`. */
export function errorJson({ code, message, hint }: RegctlError): string {
  return escapeJson({ error: { code, message, ...(hint === undefined ? {} : { hint }), exit: exitCodes[code] } })
}

/** A sentence, and a line with what to try; the stack and its causes, redacted, only for who asked for it (T14, T15). */
export function errorText(error: RegctlError, { style, debug }: { style: Style; debug: boolean }): string {
  const lines = [`${paint('error:', 'red', style)} ${escapeText(error.message)}`]
  if (error.hint !== undefined) lines.push(`${paint('hint:', 'cyan', style)} ${escapeText(error.hint)}`)
  if (debug) lines.push(...stackLines(error))
  return lines.join('\n')
}

function stackLines(error: unknown, depth = 0): string[] {
  if (!(error instanceof Error) || depth > 8) return []
  const lines = redactText(error.stack ?? error.message)
    .split('\n')
    .map(escapeText)
  return [depth === 0 ? '' : 'caused by:', ...lines, ...stackLines(error.cause, depth + 1)]
}

/** oclif writes its own words around an error that a flag's parser throws. */
function withoutPreamble(error: RegctlError): RegctlError {
  const [, flag, message] = /^Parsing (--\S+) \n\t([\s\S]*)\nSee more help with --help$/.exec(error.message) ?? []
  if (flag === undefined || message === undefined) return error
  return new RegctlError(error.code, `${flag}: ${message}`, { hint: error.hint, cause: error.cause })
}
