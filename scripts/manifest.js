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
 * The files of all commands, by id: `manifest:get` is `manifest/get.ts`, a topic's own command its `index.ts`.
 * @param {string} folder absolute
 * @returns {Promise<Map<string, string>>} absolute paths, ids sorted
 */
export async function commandFiles(folder) {
  const files = (await readdir(folder, { recursive: true }))
    .filter(file => file.endsWith('.ts'))
    .map(
      file =>
        /** @type {const} */ ([file.replace(/(?:[/\\]?index)?\.ts$/, '').replaceAll(sep, ':'), join(folder, file)]),
    )
  return new Map(files.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/**
 * Reads every command class and writes down what help, completion and dispatch need, always the same for the same classes: ids sorted, each
 * class's own order within.
 * @param {string} root the package's folder
 * @param {(id: string, file: string) => Promise<{ default: import('@oclif/core/command').Command.Class }>} [load]
 * @returns {Promise<Manifest>}
 */
export async function makeManifest(root, load = (_, file) => import(pathToFileURL(file).href)) {
  const { name, version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  /** @type {Record<string, ManifestCommand>} */
  const commands = {}
  for (const [id, file] of await commandFiles(join(root, 'src/commands'))) {
    commands[id] = describe((await load(id, file)).default, { id, name })
  }
  return { commands, version }
}

/**
 * @param {import('@oclif/core/command').Command.Class} command
 * @param {{ id: string, name: string }} where
 * @returns {ManifestCommand}
 */
function describe(command, { id, name }) {
  return {
    id,
    ...pick(command, commandKeys),
    aliases: command.aliases,
    hiddenAliases: command.hiddenAliases,
    args: named(command.args, argKeys),
    flags: named({ ...command.flags, ...command.baseFlags }, flagKeys),
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
