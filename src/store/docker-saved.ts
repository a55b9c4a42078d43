import { isObject } from '../model/descriptor.ts'
import { type Digest, isDigest } from '../model/digest.ts'
import { InvalidContentError, RegctlError } from '../model/errors.ts'
import { parseJson } from '../model/json.ts'
import { canonicalName } from './docker-names.ts'
import { insideOf } from './tar-index.ts'

/** One image of `manifest.json`, as `docker save` writes it: names of members, to be looked up. */
export interface SavedImage {
  config: string
  /** In full. */
  names: readonly string[]
  /** From the lowest one up. */
  layers: readonly string[]
}

/** Images in one archive, and layers in one image (T13). */
const maxImages = 10_000
/** Layers in all images of an archive, counted as often as they are named: each has a place in a manifest that is made. */
const maxLayers = 100_000

/** Reads `manifest.json`. @throws InvalidContentError naming what is wrong, such as a layer outside of the archive (T8, T11) */
export function parseSaved(bytes: Uint8Array, where: string): readonly SavedImage[] {
  const list = parseJson(bytes, `manifest.json in ${where}`)
  if (!Array.isArray(list)) throw new InvalidContentError(`manifest.json in ${where} is not a list`)
  if (list.length > maxImages) throw new InvalidContentError(`${where} has more than ${maxImages} images`)
  const images = list.map((image, at) => parseImage(image, `manifest.json[${at}] in ${where}`))
  if (images.reduce((sum, { layers }) => sum + layers.length, 0) <= maxLayers) return images
  throw new InvalidContentError(`the images in ${where} have more than ${maxLayers} layers together`)
}

function parseImage(image: unknown, where: string): SavedImage {
  if (!isObject(image)) throw new InvalidContentError(`${where} is not an object`)
  const names = texts(image.RepoTags ?? [], `${where}: RepoTags`)
  const layers = texts(image.Layers ?? [], `${where}: Layers`)
  const [config = ''] = texts([image.Config], `${where}: Config`)
  return {
    config: memberName(config, where),
    names: names.map(name => nameOf(name, where)),
    layers: layers.map(layer => memberName(layer, where)),
  }
}

function texts(value: unknown, where: string): string[] {
  if (!Array.isArray(value) || value.length > maxImages || value.some(each => typeof each !== 'string')) {
    throw new InvalidContentError(`${where} is not a list of names`)
  }
  return value
}

/** Docker joins such a name to a folder of its own; here it is only looked up. */
function memberName(path: string, where: string): string {
  const name = insideOf(path)
  if (name) return name
  throw new InvalidContentError(`${where} names ${JSON.stringify(path.slice(0, 200))}, outside of the archive`)
}

function nameOf(text: string, where: string): string {
  try {
    return canonicalName(text)
  } catch (cause) {
    if (!(cause instanceof RegctlError)) throw cause
    throw new InvalidContentError(`${where}: ${cause.message}`, { cause })
  }
}

/** Digests of the layers' contents without compression, as a config lists them. @throws InvalidContentError for what is no config of an image */
export function diffIds(config: Uint8Array, where: string): readonly Digest[] {
  const value = parseJson(config, where)
  const rootfs = isObject(value) && isObject(value.rootfs) ? value.rootfs : {}
  const ids: unknown = rootfs.diff_ids ?? []
  if (Array.isArray(ids) && ids.every(isDigest)) return ids
  throw new InvalidContentError(`${where} is not the config of an image: its diff_ids are no digests`)
}
