import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const vendor = 'application/vnd.oci.image'

/**
 * Writes an OCI layout with one image for each platform, out of plain files: two layers each, the first one shared.
 *
 * @param {string} folder where the layout goes; it is created
 * @param {{ tag: string, platforms: string[], project: string, files: string[] }} image platforms as `os/architecture[/variant]`; files by their path in the project's folder
 * @returns {string} the digest of the index
 */
export function buildImage(folder, { tag, platforms, project, files }) {
  const blobs = join(folder, 'blobs', 'sha256')
  mkdirSync(blobs, { recursive: true })
  /** @param {Buffer | string} bytes @param {string} mediaType */
  const keep = (bytes, mediaType) => {
    writeFileSync(join(blobs, sha256(bytes)), bytes)
    return { mediaType, digest: `sha256:${sha256(bytes)}`, size: Buffer.byteLength(bytes) }
  }
  const created = new Date().toISOString()
  const shared = tar(files.map(path => ({ name: `app/${path}`, bytes: readFileSync(join(project, path)) })))
  const manifests = platforms.map(text => {
    const [os, architecture, variant] = text.split('/')
    const platform = { os, architecture, ...(variant && { variant }) }
    const layers = [shared, tar([{ name: 'app/platform', bytes: Buffer.from(`${text}\n`) }])]
    const config = keep(
      JSON.stringify({
        created,
        ...platform,
        config: { Entrypoint: ['node', '/app/bin/run.js'], WorkingDir: '/app', Env: ['PATH=/usr/local/bin:/usr/bin'] },
        rootfs: { type: 'layers', diff_ids: layers.map(layer => `sha256:${sha256(layer)}`) },
        history: ['COPY . /app', `RUN echo ${text} > /app/platform`].map(created_by => ({ created, created_by })),
      }),
      `${vendor}.config.v1+json`,
    )
    const manifest = {
      schemaVersion: 2,
      mediaType: `${vendor}.manifest.v1+json`,
      config,
      layers: layers.map(layer => keep(gzipSync(layer), `${vendor}.layer.v1.tar+gzip`)),
    }
    return { ...keep(JSON.stringify(manifest), manifest.mediaType), platform }
  })
  const index = { schemaVersion: 2, mediaType: `${vendor}.index.v1+json`, manifests }
  const root = keep(JSON.stringify(index), index.mediaType)
  const named = { ...root, annotations: { 'org.opencontainers.image.ref.name': tag } }
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ ...index, manifests: [named] }))
  writeFileSync(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
  return root.digest
}

/**
 * POSIX ustar.
 *
 * @param {{ name: string, bytes: Buffer }[]} files
 */
function tar(files) {
  const entries = files.flatMap(({ name, bytes }) => {
    const padding = Buffer.alloc((512 - (bytes.length % 512)) % 512)
    return [header(name, bytes.length), bytes, padding]
  })
  return Buffer.concat([...entries, Buffer.alloc(1024)])
}

/** @param {string} name @param {number} size */
function header(name, size) {
  const block = Buffer.alloc(512)
  block.write(name, 0, 100)
  block.write('0000644\0', 100)
  block.write('0000000\0', 108)
  block.write('0000000\0', 116)
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  block.write('00000000000\0', 136)
  // The checksum is taken with its own field as blanks.
  block.write('        0', 148)
  block.write('ustar\x0000', 257)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

/** @param {Buffer | string} bytes */
function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex')
}
