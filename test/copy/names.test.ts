import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { copy } from '../../src/copy/copy.ts'
import { isDigest } from '../../src/model/digest.ts'
import { parseLocation } from '../../src/model/location.ts'
import { mediaTypes } from '../../src/model/media-types.ts'
import { layoutStore } from '../../src/store/layout.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { makeImage, seed } from '../helpers/images.ts'

let folder: string
let layout: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'regctl-names-'))
  layout = join(folder, 'a/b/layout')
  mkdirSync(join(folder, 'a/b'), { recursive: true })
  writeFileSync(join(folder, 'secret'), 'secret')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Every file below the folder that the layout lies in. */
const files = () =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => !entry.isDirectory())
    .map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1))

const own = /^(?:secret|a\/b\/layout\/(?:oci-layout|index\.json|blobs\/sha256\/[0-9a-f]{64}))$/
const escapes = ['../../x', '/etc/x', '..', 'a/../../../x', 'CON', 'a:b', '~', '..\\..\\x', 'x\0y']

describe('T9: no name becomes a path', () => {
  it.each(escapes)('not the tag %j, whatever is made of it', async tag => {
    const image = makeImage()
    await layoutStore(layout)
      .push(image.root, async () => Promise.reject(new Error('never read')), { tag })
      .catch(() => {})
    await seed(layoutStore(layout), image, tag).catch(() => {})
    expect(files().filter(file => !own.test(file))).toEqual([])
    expect(readFileSync(join(folder, 'secret'), 'utf8')).toBe('secret')
  })

  it.each(escapes)('not the title or ref.name %j of an annotation', async name => {
    const annotations = { 'org.opencontainers.image.title': name, 'org.opencontainers.image.ref.name': name }
    const image = makeImage({ annotations })
    const source = memoryStore('memory:source')
    await seed(source, image, '1')
    await copy({ store: source, reference: '1' }, { store: layoutStore(layout), reference: '1' })
    expect(files().filter(file => !own.test(file))).toEqual([])
    expect(files()).toHaveLength(image.contents.size + 3)
  })

  it.each([
    'sha256:../../../../../secret',
    'sha256:..',
    '../../../secret:x',
    'sha256:/etc/passwd',
    `sha256:${'a'.repeat(63)}/`,
    `sha256:${'A'.repeat(64)}`,
    `sha256:${'a'.repeat(64)}\0`,
    `sha256/..:${'a'.repeat(64)}`,
  ] as const)('not the digest %j', async digest => {
    expect(isDigest(digest)).toBe(false)
    await seed(layoutStore(layout), makeImage(), '1')
    const descriptor = { mediaType: mediaTypes.octets, digest, size: 6 }
    const store = layoutStore(layout)
    const found = await store.stat(descriptor).catch(() => undefined)
    expect(found).toBeUndefined()
    await expect(store.fetch(descriptor).then(body => body.resume())).rejects.toThrow()
    await expect(store.resolve(digest)).rejects.toThrow()
    const before = files().length
    await expect(store.push(descriptor, async () => Promise.reject(new Error('x')))).rejects.toThrow()
    expect(files()).toHaveLength(before)
  })

  it.each([
    ['oci:dir:1', { path: 'dir', reference: '1' }],
    ['oci:../dir:1', { path: '../dir', reference: '1' }],
    ['oci:dir:../x', { path: 'dir:../x' }],
    ['oci:dir@../x', { path: 'dir@../x' }],
    ['oci:a/..', { path: 'a/..' }],
  ])('%s is the path a person typed and nothing of a name', (text, location) => {
    expect(parseLocation(text)).toEqual({ scheme: 'oci', ...location })
  })

  it.each(['oci:', 'oci:dir\0', 'oci:dir:..', 'oci:dir@sha256:..'])('%j is no place', text => {
    expect(() => parseLocation(text)).toThrow(expect.objectContaining({ code: 'REFERENCE_INVALID' }))
  })
})
