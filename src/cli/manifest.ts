import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** `oclif.manifest.json`: what help, completion and dispatch need to know of the commands without loading one. */
export interface Manifest {
  version: string
  commands: Readonly<Record<string, ManifestCommand>>
}

export interface ManifestCommand {
  /** `tags`, or `manifest:get` for a command in a topic. */
  id: string
  aliases: readonly string[]
  /** Other tools' names for it, words separated by blanks. */
  hiddenAliases: readonly string[]
  hidden?: boolean
  summary?: string
  description?: string
  usage?: string | readonly string[]
  examples?: readonly (string | { command: string; description: string })[]
  args: Readonly<Record<string, ManifestArg>>
  flags: Readonly<Record<string, ManifestFlag>>
}

export interface ManifestArg {
  name: string
  description?: string
  required?: boolean
  hidden?: boolean
  multiple?: boolean
  options?: readonly string[]
}

export interface ManifestFlag {
  name: string
  type: 'boolean' | 'option'
  char?: string
  summary?: string
  description?: string
  helpGroup?: string
  helpValue?: string
  hidden?: boolean
  required?: boolean
  multiple?: boolean
  default?: unknown
  options?: readonly string[]
  aliases?: readonly string[]
}

/** @param root the package's folder */
export function readManifest(root: string): Manifest {
  return JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8')) as Manifest
}

/** `tag ls` and `tag:ls` are the command `tag:ls`. */
export function idOf(words: string): string {
  return words.replaceAll(' ', ':')
}

/** `manifest:get` as one types it. */
export function wordsOf(id: string): string {
  return id.replaceAll(':', ' ')
}
