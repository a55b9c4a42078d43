import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { TransferEvent } from '../../src/artifact/events.ts'
import { bytesPart, filePart } from '../../src/artifact/parts.ts'
import { pushArtifact } from '../../src/artifact/push.ts'
import { emptyDescriptor, parseManifest } from '../../src/model/manifest.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { readVerified } from '../../src/store/read.ts'
import { makeImage } from '../helpers/images.ts'
import { overriding } from '../helpers/stores.ts'
import { collect, expectCode } from '../store/contract.ts'

const folder = mkdtempSync(join(tmpdir(), 'regctl-push-'))
const path = (name: string) => join(folder, name)
writeFileSync(path('a.txt'), 'hello')

it('tells that it reads a file, before anything is sent', async () => {
  const events: TransferEvent[] = []
  await filePart(path('a.txt'), { onReading: event => events.push(event) })
  expect(events).toEqual([{ type: 'reading', name: path('a.txt'), bytes: 5, size: 5 }])
})

it('writes a manifest by the guidelines, the same for the same files', async () => {
  const store = memoryStore()
  const push = async () => pushArtifact(store, [await filePart(path('a.txt'))], { tag: 'v1', annotations: { k: 'v' } })
  const root = await push()
  const bytes = await readVerified(store, root)
  expect(bytes.toString()).toBe(
    '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",' +
      '"artifactType":"application/vnd.unknown.artifact.v1",' +
      '"config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2,"data":"e30="},' +
      '"layers":[{"mediaType":"application/octet-stream","digest":"sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824","size":5,"annotations":{"org.opencontainers.image.title":"a.txt"}}],' +
      '"annotations":{"k":"v"}}',
  )
  expect((await push()).digest).toBe(root.digest)
  expect((await store.resolve('v1')).digest).toBe(root.digest)
})

it('has the empty layer where there are no files (items 21, 84)', async () => {
  const store = memoryStore()
  const root = await pushArtifact(store, [], { artifactType: 'application/vnd.x' })
  const manifest = parseManifest(await readVerified(store, root), root.mediaType)
  expect(manifest).toMatchObject({
    artifactType: 'application/vnd.x',
    config: { mediaType: 'application/vnd.oci.empty.v1+json' },
    layers: [{ mediaType: 'application/vnd.oci.empty.v1+json', size: 2 }],
  })
  expect(await store.stat(emptyDescriptor)).toBeDefined()
})

it('keeps a platform in the config, and takes the type of a config for its own', async () => {
  const store = memoryStore()
  const forArm = await pushArtifact(store, [], { platform: { os: 'linux', architecture: 'arm64' } })
  const manifest = parseManifest(await readVerified(store, forArm), forArm.mediaType)
  if (manifest.kind !== 'image' || !manifest.config) throw new Error('no config')
  expect((await readVerified(store, manifest.config)).toString()).toBe('{"os":"linux","architecture":"arm64"}')
  const config = bytesPart(Buffer.from('{"a":1}'), 'application/vnd.example.config+json')
  const root = await pushArtifact(store, [], { config })
  expect(root.artifactType).toBeUndefined()
  expect(parseManifest(await readVerified(store, root), root.mediaType).artifactType).toBeUndefined()
})

it('refers to its subject by digest, type and size alone', async () => {
  const store = memoryStore()
  const image = makeImage().root
  const root = await pushArtifact(store, [], {
    artifactType: 'a/b',
    subject: { ...image, platform: { os: 'linux', architecture: 'arm' } },
  })
  expect(parseManifest(await readVerified(store, root), root.mediaType).subject).toEqual(image)
  expect(await collect(store.referrers(image))).toEqual([root])
})

it('sends the files before the manifest, and tells of each', async () => {
  const events: TransferEvent[] = []
  const pushed: string[] = []
  const inner = memoryStore()
  const store = overriding(inner, {
    push: async (...args) => {
      pushed.push(args[0].mediaType)
      return inner.push(...args)
    },
  })
  await pushArtifact(store, [await filePart(path('a.txt'))], { onEvent: event => events.push(event) })
  expect(pushed.at(-1)).toBe('application/vnd.oci.image.manifest.v1+json')
  expect(events.filter(({ type }) => type === 'found')).toHaveLength(3)
  expect(events.filter(({ type }) => type === 'done')).toHaveLength(3)
})

it('T11: refuses a file that has changed since it was hashed', async () => {
  writeFileSync(path('changing'), 'before')
  const part = await filePart(path('changing'))
  writeFileSync(path('changing'), 'after!')
  await expectCode(pushArtifact(memoryStore(), [part]), 'CONTENT_MISMATCH')
})
