import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { copy } from '../../src/copy/copy.ts'
import { mediaTypes } from '../../src/model/media-types.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { testClient } from '../helpers/client.ts'
import { closing } from '../helpers/http-send.ts'
import { json, randomBlob, type Sample, seed } from '../helpers/images.ts'
import { type Recorder, startRecorder } from '../helpers/recorder.ts'
import { startServer } from '../helpers/server.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** An image whose layers, one of each type, say that they can be had from `url` too. */
function imageWith(url: string, types: readonly string[]): Sample {
  const layers = types.map(type => randomBlob(500, type))
  const config = json(mediaTypes.ociConfig, { os: 'linux', architecture: 'amd64', rootfs: { type: 'layers' } })
  const manifest = json(mediaTypes.ociManifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: config.descriptor,
    layers: layers.map(({ descriptor }) => ({ ...descriptor, urls: [url, `${url}/other`] })),
    annotations: { 'org.opencontainers.image.source': url, 'org.opencontainers.image.url': url },
  })
  const all = [config, ...layers, manifest]
  return { root: manifest.descriptor, contents: new Map(all.map(each => [each.descriptor.digest, each])) }
}

/** Asks whoever comes for a password (CVE-2020-15157, CVE-2026-49349). */
const startEvil = async (): Promise<Recorder> =>
  closing(
    await startRecorder((_, response) => response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()),
  )

const targets = {
  'a registry': async () => `${closing(await startServer()).host}/copied/app:1`,
  'a layout': async () => {
    const folder = mkdtempSync(join(tmpdir(), 'regctl-foreign-'))
    folders.push(folder)
    return `oci:${folder}/layout:1`
  },
}

it.each(['a registry', 'a layout'] as const)(
  'T5: the urls of a layer are never visited on the way to %s',
  async target => {
    const evil = await startEvil()
    const sample = imageWith(`${evil.url}/layer`, [
      mediaTypes.ociLayerGzip,
      'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
      'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
    ])
    const source = closing(await startServer())
    const client = await testClient({
      env: { REGCTL_REGISTRY: evil.host, REGCTL_USERNAME: 'ann', REGCTL_PASSWORD: 'canary' },
    })
    const from = await client.open(`${source.host}/demo/app:1`, { write: true })
    await seed(from.store, sample, '1')
    const to = await client.open(await targets[target](), { write: true })
    expect(await copy(from, to)).toMatchObject({ digest: sample.root.digest })
    expect(await to.store.resolve('1')).toMatchObject({ digest: sample.root.digest })
    expect([evil.connections(), evil.requests]).toEqual([0, []])
  },
)

it.each(['a registry', 'a layout'] as const)(
  'T5: not even when the source lacks the layer, on the way to %s',
  async target => {
    const evil = await startEvil()
    const sample = imageWith(`${evil.url}/layer`, [mediaTypes.ociLayerGzip])
    const present = [...sample.contents].filter(
      ([, { descriptor }]) => descriptor.mediaType !== mediaTypes.ociLayerGzip,
    )
    const store = memoryStore('memory:source')
    await seed(store, { root: sample.root, contents: new Map(present) }, '1')
    const to = await (await testClient()).open(await targets[target](), { write: true })
    await expect(copy({ store, reference: '1' }, to)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect([evil.connections(), evil.requests]).toEqual([0, []])
  },
)
