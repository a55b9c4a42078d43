import { createReadStream } from 'node:fs'
import { mkdir, realpath, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { writeAtomic } from '../files/atomic.ts'
import { withLock } from '../files/lock.ts'
import { isObject } from '../model/descriptor.ts'
import { codeOf, RegctlError } from '../model/errors.ts'
import type { JsonObject } from './entry.ts'

/** Ten thousand logins fit; `/dev/zero` does not. */
const maxBytes = 4 * 1024 * 1024

/** Reads a JSON file that is one object; missing or empty means `{}`. @throws RegctlError CONFIG_INVALID with file, line and column. */
export async function readConfig(path: string): Promise<JsonObject> {
  return parseConfig(await readText(path), path)
}

/** Parses one JSON object; the error says where it broke and shows nothing of the text (T15). @throws RegctlError CONFIG_INVALID */
export async function parseConfig(text: string, name: string): Promise<JsonObject> {
  const json = text.replace(/^\uFEFF/, '')
  if (json.trim() === '') return {}
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    // The cause is dropped on purpose: V8 quotes the text around the mistake, and that may be a password.
    throw invalid(`${name}${await positionOfError(json)} is not valid JSON`)
  }
  if (!isObject(value)) throw invalid(`${name}:1:1 is not a JSON object`)
  return value
}

/** A change to one place of a JSON document; `undefined` takes the place away. */
export interface Edit {
  path: readonly string[]
  value: unknown
}

/**
 * Changes places of a JSON file under a lock, after reading it again: every other byte keeps its place, new lines are indented by tabs as docker does.
 * A new file is 0600 in folders of 0700; an existing one keeps mode, owner and symlink (T17). `plan` gets the present content; no edits, no write.
 * @throws RegctlError CONFIG_INVALID when the file is corrupt; REFUSED when others may write to its folder.
 */
export async function editConfig(path: string, plan: (config: JsonObject) => readonly Edit[]): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  // The true path, so that two links to one file share one lock.
  const file = await realpath(path).catch(() => path)
  for (const folder of new Set([dirname(path), dirname(file)])) await refuseSharedFolder(folder)
  return withLock(file, async () => {
    const text = (await readText(file)).replace(/^\uFEFF/, '')
    const edits = plan(await parseConfig(text, file))
    if (edits.length === 0) return false
    const next = await applyEdits(text, edits)
    await writeAtomic(file, next, { mode: 0o600, folderMode: 0o700 })
    return true
  })
}

async function applyEdits(text: string, edits: readonly Edit[]): Promise<string> {
  const jsonc = await import('jsonc-parser')
  const formattingOptions = { insertSpaces: false, tabSize: 1, eol: '\n' }
  const next = edits.reduce(
    (json, { path, value }) => jsonc.applyEdits(json, jsonc.modify(json, [...path], value, { formattingOptions })),
    text.trim() === '' ? '{}\n' : text,
  )
  // With a key that stands twice the editor takes the first and every reader the last.
  const read: unknown = JSON.parse(next)
  for (const { path, value } of edits)
    if (JSON.stringify(at(read, path)) !== JSON.stringify(value)) throw invalid(`a key of ${path[0]} stands twice`)
  return next
}

const at = (root: unknown, path: readonly string[]) =>
  path.reduce<unknown>((value, name) => (isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined), root)

/** Who may write to the folder may swap the file, sticky bit or not: names of temporary files can be taken first (T17). Windows has ACLs instead. */
async function refuseSharedFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  if (((await stat(folder)).mode & 0o022) === 0) return
  throw new RegctlError('REFUSED', `${folder} is writable by others, so no credential is stored there`, {
    hint: `run: chmod go-w ${folder}`,
  })
}

async function readText(path: string): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  try {
    for await (const part of createReadStream(path)) {
      size += part.length
      if (size > maxBytes) break
      parts.push(part)
    }
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return ''
    throw invalid(`${path} could not be read${code && `: ${code}`}`)
  }
  if (size > maxBytes) throw invalid(`${path} is larger than ${maxBytes} bytes`)
  return Buffer.concat(parts).toString('utf8')
}

/** `:line:column` of the first mistake; empty when the second parser finds none or gives up on the depth. */
async function positionOfError(json: string): Promise<string> {
  const { visit } = await import('jsonc-parser')
  let offset: number | undefined
  try {
    const onError = (_code: number, at: number) => {
      offset ??= at
    }
    visit(json, { onError, onComment: at => onError(0, at) }, { disallowComments: false, allowTrailingComma: false })
  } catch {
    return ''
  }
  if (offset === undefined) return ''
  const lines = json.slice(0, offset).split('\n')
  return `:${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}`
}

function invalid(message: string): RegctlError {
  return new RegctlError('CONFIG_INVALID', message, { hint: 'repair the file, or move it away and log in again' })
}
