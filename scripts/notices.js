import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The licences of what is bundled: they ask to travel with the code.
 * @param {string} root the package's folder
 * @param {Iterable<string>} inputs of the bundle, as esbuild's metafile names them
 */
export async function notices(root, inputs) {
  const names = new Set()
  for (const input of inputs) {
    const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input) ?? []
    if (name) names.add(name)
  }
  const parts = await Promise.all([...names].sort().map(name => notice(join(root, 'node_modules', name))))
  return `What the program in this folder is built with.\n\n${parts.join('\n\n')}\n`
}

/** @param {string} folder of a package */
async function notice(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  const file = (await readdir(folder)).find(entry => /^(?:licen[cs]e|copying)(?:\.\w+)?$/i.test(entry))
  const text = file ? (await readFile(join(folder, file), 'utf8')).trim() : ''
  return `${'='.repeat(80)}\n${name} ${version} (${license})\n\n${text}`
}
