import { createCipheriv, createHash, randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { request } from './api.js'

/**
 * @typedef {{ platforms: number, layers: number, size: number }} Shape `layers` of `size` bytes for each platform
 * @typedef {{ mediaType: string, digest: string, size: number }} Descriptor
 * @typedef {{ root: string, bytes: number, manifests: string[], blobs: string[] }} Image digests; `bytes` of all blobs
 */

const vendor = 'application/vnd.oci.image'
const architectures = ['amd64', 'arm64', 'arm', 'ppc64le', 's390x', 'riscv64']

/**
 * Pushes an image of incompressible layers, as `bench/NAME:1`; an index where there are several platforms.
 *
 * @param {{ url: string }} registry over plain HTTP
 * @param {string} name
 * @param {Shape} shape
 * @returns {Promise<Image>}
 */
export async function pushImage({ url }, name, { platforms, layers, size }) {
  const api = `${url}/v2/bench/${name}`
  /** @type {Image} */
  const image = { root: '', bytes: 0, manifests: [], blobs: [] }

  /** @param {Uint8Array} body @param {string} mediaType @returns {Promise<Descriptor>} */
  async function pushBlob(body, mediaType) {
    const digest = digestOf(body)
    const { headers } = await expectStatus(202, `${api}/blobs/uploads/`, { method: 'POST' })
    const location = new URL(String(headers.location))
    location.searchParams.set('digest', digest)
    const type = { 'content-type': 'application/octet-stream', 'content-length': body.length }
    await expectStatus(201, location.href, { method: 'PUT', headers: type, body })
    image.blobs.push(digest)
    image.bytes += body.length
    return { mediaType, digest, size: body.length }
  }
  /** @param {{ mediaType: string, [field: string]: unknown }} content @param {string} [tag] @returns {Promise<Descriptor>} */
  async function pushManifest(content, tag) {
    const body = Buffer.from(JSON.stringify(content))
    const digest = digestOf(body)
    const headers = { 'content-type': content.mediaType, 'content-length': body.length }
    await expectStatus(201, `${api}/manifests/${tag ?? digest}`, { method: 'PUT', headers, body })
    image.manifests.push(digest)
    return { mediaType: content.mediaType, digest, size: body.length }
  }

  /** @type {(Descriptor & { platform: object })[]} */
  const entries = []
  for (let at = 0; at < platforms; at += 1) {
    const platform = { os: 'linux', architecture: architectures[at] ?? `other${at}` }
    /** @type {Descriptor[]} */
    const pushed = []
    /** @type {string[]} */
    const contents = []
    for (let layer = 0; layer < layers; layer += 1) {
      const { compressed, diffId } = makeLayer(size)
      contents.push(diffId)
      pushed.push(await pushBlob(compressed, `${vendor}.layer.v1.tar+gzip`))
    }
    const rootfs = { type: 'layers', diff_ids: contents }
    const config = await pushBlob(Buffer.from(JSON.stringify({ ...platform, rootfs })), `${vendor}.config.v1+json`)
    const manifest = { schemaVersion: 2, mediaType: `${vendor}.manifest.v1+json`, config, layers: pushed }
    entries.push({ ...(await pushManifest(manifest, platforms === 1 ? '1' : undefined)), platform })
  }
  if (platforms > 1) await pushManifest({ ...indexBase, manifests: entries }, '1')
  image.root = image.manifests.at(-1) ?? ''
  return image
}

const indexBase = { schemaVersion: 2, mediaType: `${vendor}.index.v1+json` }

/**
 * Asks a registry for everything that belongs to an image.
 *
 * @param {{ url: string, ca?: string | undefined }} registry
 * @param {string} repository with its tag
 * @param {Image} image
 * @returns {Promise<string | undefined>} what is wrong
 */
export async function findFault({ url, ca }, repository, image) {
  const [name, tag] = repository.split(':')
  const accept = ['manifest', 'index'].map(kind => `${vendor}.${kind}.v1+json`).join(', ')
  for (const reference of [tag, ...image.manifests]) {
    const { status, body } = await request(`${url}/v2/${name}/manifests/${reference}`, { headers: { accept }, ca })
    const expected = reference === tag ? image.root : reference
    if (status !== 200 || digestOf(body) !== expected)
      return `${repository}: ${reference} is ${status} ${digestOf(body)}`
  }
  for (const blob of image.blobs) {
    const { status } = await request(`${url}/v2/${name}/blobs/${blob}`, { method: 'HEAD', ca })
    if (status !== 200) return `${repository}: blob ${blob} is ${status}`
  }
  return undefined
}

/**
 * Many tags and repositories, written as the files that distribution's storage consists of.
 *
 * @param {{ data: string }} registry
 * @param {Image} image what the tags of `bench/tags` name
 * @param {{ tags: number, repositories: number }} counts
 */
export function writeLists({ data }, image, { tags, repositories }) {
  const root = join(data, 'docker', 'registry', 'v2', 'repositories')
  for (let at = 0; at < tags; at += 1) {
    const tag = join(root, 'bench', 'tags', '_manifests', 'tags', `v${Math.floor(at / 100)}.${at % 100}.0`)
    writeLink(join(tag, 'current'), image.root)
    writeLink(join(tag, 'index', 'sha256', image.root.slice(7)), image.root)
  }
  for (let at = 0; at < repositories; at += 1) {
    const repository = join(root, 'listed', `repository-${at}`)
    writeLink(join(repository, '_manifests', 'tags', '1', 'current'), image.root)
    // The catalog knows a repository by this folder.
    mkdirSync(join(repository, '_layers'))
  }
}

/** @param {string} folder @param {string} digest */
function writeLink(folder, digest) {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'link'), digest)
}

/**
 * A gzip tar with one file of random bytes. Stored, not deflated: nothing would be gained but time.
 *
 * @param {number} size
 */
function makeLayer(size) {
  const tar = Buffer.alloc(512 + Math.ceil(size / 512) * 512 + 1024)
  tar.write('data')
  tar.write('0000644\0', 100)
  tar.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  tar.write('00000000000\0        0', 136)
  tar.write('ustar\x0000', 257)
  const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  // The key stream of a cipher is random enough, and quick.
  const cipher = createCipheriv('aes-128-ctr', randomBytes(16), randomBytes(16))
  const step = 4 * 1024 * 1024
  for (let at = 0; at < size; at += step) {
    cipher.update(Buffer.alloc(Math.min(step, size - at))).copy(tar, 512 + at)
  }
  return { compressed: gzipSync(tar, { level: 0 }), diffId: digestOf(tar) }
}

/** @param {Uint8Array} bytes */
function digestOf(bytes) {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** @param {number} status @param {string} url @param {import('./api.js').RequestOptions} options */
async function expectStatus(status, url, options) {
  const answer = await request(url, options)
  if (answer.status !== status) throw new Error(`${options.method} ${url}: ${answer.status} ${answer.body}`)
  return answer
}
