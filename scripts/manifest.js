import { readdir, readFile } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { pathToFileURL } from 'node:url'

/** @import { Manifest, ManifestArg, ManifestCommand, ManifestFlag } from '../src/cli/manifest.ts' */

const argKeys = ['description', 'required', 'hidden', 'multiple', 'options', 'default']
const flagKeys = [
  ...['type', 'char', 'summary', 'description', 'helpGroup', 'helpValue', 'hidden', 'required', 'multiple', 'options'],
  ...['aliases', 'allowNo', 'default', 'dependsOn', 'exclusive'],
]
const commandKeys = ['summary', 'description', 'usage', 'examples', 'hidden', 'strict']

/**
 * Reads every command class below a folder and writes down what help, completion and dispatch need, always the same for
 * the same classes: ids sorted, each class's own order within.
 * @param {string} root the package's folder
 * @param {string} folder of the command files within it: `dist/bin/commands` or `src/commands`
 * @param {string} [built] the folder they will be in once they are built, when that is another
 * @returns {Promise<Manifest>}
 */
export async function makeManifest(root, folder, built) {
  const { name, version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const files = (await readdir(join(root, folder), { recursive: true }))
    .filter(file => /(?<!\.d)\.[jt]s$/.test(file))
    .map(file => ({ file, id: file.replace(/(?:[/\\]?index)?\.[jt]s$/, '').replaceAll(sep, ':') }))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
  /** @type {Record<string, ManifestCommand>} */
  const commands = {}
  for (const { file, id } of files) {
    const { default: command } = await import(pathToFileURL(join(root, folder, file)).href)
    const place = built
      ? [...built.split('/'), ...file.replace(/\.ts$/, '.js').split(sep)]
      : [...folder.split('/'), ...file.split(sep)]
    commands[id] = describe(command, { id, name, relativePath: place })
  }
  return { commands, version }
}

/**
 * @param {import('@oclif/core/command').Command.Class} command
 * @param {{ id: string, name: string, relativePath: string[] }} where
 * @returns {ManifestCommand}
 */
function describe(command, { id, name, relativePath }) {
  return {
    id,
    ...pick(command, commandKeys),
    aliases: command.aliases,
    hiddenAliases: command.hiddenAliases,
    args: named(command.args, argKeys),
    flags: named({ ...command.flags, ...command.baseFlags }, flagKeys),
    isESM: true,
    relativePath,
    pluginAlias: name,
    pluginName: name,
    pluginType: 'core',
  }
}

/**
 * @param {Record<string, object>} definitions
 * @param {string[]} keys
 */
function named(definitions, keys) {
  return Object.fromEntries(Object.entries(definitions).map(([name, each]) => [name, { name, ...pick(each, keys) }]))
}

/**
 * Without what is absent, false, empty or a function: none of these says anything.
 * @param {object} from
 * @param {string[]} keys
 */
function pick(from, keys) {
  return Object.fromEntries(
    keys
      .map(key => [key, Reflect.get(from, key)])
      .filter(
        ([key, value]) => value !== undefined && typeof value !== 'function' && (value !== false || key === 'strict'),
      ),
  )
}
