import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

const folders = ['src']
const files = [
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'],
  ...['scripts/build.js', 'scripts/bundle-plugins.js', 'scripts/manifest.js', 'scripts/stamp.js'],
]

/**
 * What dist/.stamp says after a build of these sources: their hash and that of the manifest, which the build writes outside dist.
 * @param {string} root
 * @param {string} [sources] their hash before the build began
 */
export async function stampOf(root, sources) {
  const manifest = await readFile(join(root, 'oclif.manifest.json')).catch(() => '')
  return `${sources ?? (await hashSources(root))} ${createHash('sha256').update(manifest).digest('hex')}`
}

/**
 * One hash of everything the build reads: contents, never times, which a clone makes anew.
 * @param {string} root
 */
export async function hashSources(root) {
  const within = await Promise.all(
    folders.map(async folder =>
      (await readdir(join(root, folder), { recursive: true, withFileTypes: true }))
        .filter(entry => entry.isFile())
        .map(entry => join(entry.parentPath, entry.name).slice(root.length + 1)),
    ),
  )
  const hash = createHash('sha256')
  for (const file of [...files, ...within.flat().sort()]) {
    hash.update(`${file}\0`).update(await readFile(join(root, file)).catch(() => ''))
  }
  return hash.digest('hex')
}
