import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { imageShapes } from './cases.js'
import { makeCertificates } from './certificates.js'
import { pushImage, writeLists } from './images.js'
import { startRegistry } from './registries.js'

/**
 * @typedef {import('./cases.js').Case} Case
 * @typedef {import('./images.js').Image} Image
 * @typedef {import('./registries.js').Registry} Registry
 * @typedef {{ source: Registry, destination: Registry, caFile: string | undefined }} Pair
 * @typedef {{ folder: string, signal: AbortSignal, plain: Pair, tls: Pair, images: Map<string, Image> }} Stage
 * @typedef {{ folder: string, signal: AbortSignal, program: string, quick: boolean, endings: (() => Promise<void>)[] }} StageOptions
 */

/**
 * Starts two registries for plain HTTP and two for TLS, and pushes the images that the cases need; both sources serve the same data.
 *
 * @param {readonly Case[]} cases
 * @param {StageOptions} options what is started adds its ending to `endings`
 * @returns {Promise<Stage>}
 */
export async function setStage(cases, { folder, signal, program, quick, endings }) {
  /** @param {string} name @param {{ data?: string, tls?: import('./registries.js').Certificates }} [more] */
  const start = async (name, more) => {
    const registry = await startRegistry(name, { program, folder, ...more })
    endings.push(() => registry.stop())
    return registry
  }
  const tls = await makeCertificates()
  const caFile = join(folder, 'ca.pem')
  writeFileSync(caFile, tls.ca)
  const plain = { source: await start('source'), destination: await start('destination'), caFile: undefined }
  const secure = {
    source: await start('tls-source', { tls, data: plain.source.data }),
    destination: await start('tls-destination', { tls }),
    caFile,
  }

  const shapes = imageShapes(quick)
  /** @type {Map<string, Image>} */
  const images = new Map()
  for (const name of new Set(cases.map(({ image }) => image))) {
    signal.throwIfAborted()
    const shape = shapes[name]
    if (shape) images.set(name, await pushImage(plain.source, name, shape))
  }
  const small = images.get('small')
  if (small && cases.some(({ group }) => group === 'list')) {
    writeLists(plain.source, small, { tags: 10_000, repositories: 2000 })
  }
  return { folder, signal, plain, tls: secure, images }
}
