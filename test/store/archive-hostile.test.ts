import { lstat, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { copy } from '../../src/copy/copy.ts'
import { type Descriptor, descriptorOf } from '../../src/model/descriptor.ts'
import { digestOf } from '../../src/model/digest.ts'
import type { ErrorCode } from '../../src/model/errors.ts'
import { mediaTypes } from '../../src/model/media-types.ts'
import { archiveStore, dockerArchiveStore } from '../../src/store/archive.ts'
import { layoutStore } from '../../src/store/layout.ts'
import { makeImage, randomBlob } from '../helpers/images.ts'
import { classicMembers, layoutMembers, pax, type TarMember, tar, tarMember } from '../helpers/tar.ts'

const image = makeImage({ seed: 'hostile' })
const honest = layoutMembers({ v1: image })
const layer = [...image.contents.values()][1] ?? randomBlob(1)
const layerBytes = layer.bytes
const layerPath = `blobs/${layer.descriptor.digest.replace(':', '/')}`
const rootPath = `blobs/${image.root.digest.replace(':', '/')}`

/** The honest archive with one member put in another way. */
const instead = (name: string, ...members: TarMember[]): Buffer =>
  tar(honest.flatMap(member => (member.name === name ? members : [member])))
const first = (...members: TarMember[]): Buffer => tar([...members, ...honest])
const index = (text: string): Buffer => instead('index.json', { name: 'index.json', content: text })
const base256 = (hex: string): Buffer => Buffer.from(hex.padStart(24, '0'), 'hex')
const entry = JSON.stringify(image.root)

/** `undefined`: harmless, the image in it is read; what is meant to harm is passed over. */
const corpus: [string, () => Buffer, ErrorCode | undefined][] = [
  ['an absolute name', () => first({ name: '/etc/regctl-was-here', content: 'x' }), 'CONTENT_INVALID'],
  ['a name with ..', () => first({ name: '../regctl-was-here', content: 'x' }), 'CONTENT_INVALID'],
  ['a name with .. that comes back', () => first({ name: 'a/../b', content: 'x' }), 'CONTENT_INVALID'],
  ['.. in a ustar prefix', () => first({ name: 'x', prefix: '../..', content: 'x' }), 'CONTENT_INVALID'],
  ['.. in a pax path', () => first(pax({ path: '../regctl-was-here' }), { name: 'x' }), 'CONTENT_INVALID'],
  ['.. in a GNU long name', () => first({ name: 'L', type: 'L', content: '../x\0' }, { name: 'x' }), 'CONTENT_INVALID'],
  ['a drive-relative name', () => first({ name: 'C:..\\regctl-was-here', content: 'x' }), undefined],
  [
    'a blob that is a symlink out',
    () => instead(layerPath, { name: layerPath, type: '2', link: '/etc/passwd' }),
    'CONTENT_INVALID',
  ],
  [
    'a blob that is a hard link out',
    () => instead(layerPath, { name: layerPath, type: '1', link: '../../etc/passwd' }),
    'CONTENT_INVALID',
  ],
  [
    'a blob that is a symlink inside',
    () => instead(layerPath, { name: 'l', content: layerBytes }, { name: layerPath, type: '2', link: '../../l' }),
    'CONTENT_INVALID',
  ],
  [
    'index.json that is a symlink',
    () => instead('index.json', { name: 'index.json', type: '2', link: 'oci-layout' }),
    'CONTENT_INVALID',
  ],
  [
    'a symlink and a member through it',
    () => first({ name: 'out', type: '2', link: '/tmp' }, { name: 'out/regctl-was-here', content: 'x' }),
    undefined,
  ],
  [
    'a chain of symlinks',
    () => first(...Array.from({ length: 50 }, (_, at) => ({ name: `l${at}`, type: '2', link: `l${at + 1}` }))),
    undefined,
  ],
  ['blobs that is a symlink', () => first({ name: 'blobs', type: '2', link: '/etc' }), undefined],
  ['a blob that is a character device', () => instead(layerPath, { name: layerPath, type: '3' }), 'CONTENT_INVALID'],
  ['a blob that is a block device', () => instead(layerPath, { name: layerPath, type: '4' }), 'CONTENT_INVALID'],
  ['a blob that is a pipe', () => instead(layerPath, { name: layerPath, type: '6' }), 'CONTENT_INVALID'],
  ['a blob that is a folder', () => instead(layerPath, { name: layerPath, type: '5' }), 'CONTENT_INVALID'],
  [
    'a blob of an unknown kind',
    () => instead(layerPath, { name: layerPath, type: 'Z', content: layerBytes }),
    'CONTENT_INVALID',
  ],
  [
    'a blob that is a sparse file of GNU',
    () => instead(layerPath, { name: layerPath, type: 'S', content: layerBytes }),
    'CONTENT_INVALID',
  ],
  [
    'a blob that is a sparse file of pax',
    () => instead(layerPath, pax({ 'GNU.sparse.size': '9' }), { name: layerPath, content: layerBytes }),
    'CONTENT_INVALID',
  ],
  [
    'two index.json',
    () => first({ name: 'index.json', content: '{"schemaVersion":2,"manifests":[]}' }),
    'CONTENT_INVALID',
  ],
  ['two of a blob, written in two ways', () => first({ name: `./${layerPath}`, content: 'evil' }), 'CONTENT_INVALID'],
  ['a file and a folder of one name', () => first({ name: 'index.json/', type: '5' }), 'CONTENT_INVALID'],
  ['a NUL in a pax path', () => first(pax({ path: 'index.json\0x' }), { name: 'x' }), 'CONTENT_INVALID'],
  ['a NUL in a long name', () => first({ name: 'L', type: 'L', content: 'a\0b\0' }, { name: 'x' }), 'CONTENT_INVALID'],
  ['a pax path twice', () => first(pax(Buffer.from('10 path=a\n10 path=b\n')), { name: 'x' }), 'CONTENT_INVALID'],
  [
    'two pax headers for one member',
    () => first(pax({ path: 'a' }), pax({ path: 'b' }), { name: 'x' }),
    'CONTENT_INVALID',
  ],
  [
    'a pax record longer than its header',
    () => first(pax(Buffer.from('99 path=a\n')), { name: 'x' }),
    'CONTENT_INVALID',
  ],
  ['a pax record without end', () => first(pax(Buffer.from('10 path=ab')), { name: 'x' }), 'CONTENT_INVALID'],
  ['a pax record of no length', () => first(pax(Buffer.from('0 path=ab\n')), { name: 'x' }), 'CONTENT_INVALID'],
  ['a pax header that names everything', () => first(pax({ path: 'index.json' }, 'g')), 'CONTENT_INVALID'],
  [
    'a pax header of 2 MiB',
    () => first(pax({ comment: 'x'.repeat(2 * 1024 * 1024) }), { name: 'x' }),
    'CONTENT_INVALID',
  ],
  ['a name of 1 MB', () => first(pax({ path: 'x'.repeat(1_000_000) }), { name: 'x' }), 'CONTENT_INVALID'],
  ['a pax size beyond counting', () => first(pax({ size: '9007199254740993' }), { name: 'x' }), 'CONTENT_INVALID'],
  ['a pax size below zero', () => first(pax({ size: '-1' }), { name: 'x' }), 'CONTENT_INVALID'],
  ['a size below zero', () => first({ name: 'x', size: base256('ffffffffffffffffffffffff') }), 'CONTENT_INVALID'],
  ['a size of 2^62', () => first({ name: 'x', size: base256('800000004000000000000000') }), 'CONTENT_INVALID'],
  [
    'a size of 2^88',
    () => first({ name: 'x', size: base256('8000000000000000000000ff'.replace('8000', '80ff')) }),
    'CONTENT_INVALID',
  ],
  ['a size that is no number', () => first({ name: 'x', size: Buffer.from('00000000008\0') }), 'CONTENT_INVALID'],
  ['a folder with content', () => first({ name: 'd/', type: '5', content: 'x'.repeat(512) }), 'CONTENT_INVALID'],
  [
    'a link with content',
    () => first({ name: 'l', type: '2', link: 'x', content: 'x'.repeat(512) }),
    'CONTENT_INVALID',
  ],
  [
    'a size larger than the archive',
    () => tar([...honest, { name: 'x', content: 'x', size: 1_000_000 }]),
    'CONTENT_INVALID',
  ],
  ['a wrong checksum', () => first({ name: 'x', checksum: '000000\0 ' }), 'CONTENT_INVALID'],
  ['a checksum that is no number', () => tar([...honest, { name: 'x', checksum: 'xxxxxxxx' }]), 'CONTENT_INVALID'],
  ['an end within a header', () => tar(honest, Buffer.alloc(100, 'x')), 'CONTENT_INVALID'],
  ['an end within a blob', () => tar(honest).subarray(0, 512 * 5 + 100), 'CONTENT_INVALID'],
  ['an end before the last blob', () => tar(honest.slice(0, -1), Buffer.alloc(0)), 'NOT_FOUND'],
  ['an end after a pax header', () => tar([...honest, pax({ path: 'x' })]), 'CONTENT_INVALID'],
  ['no zeros at the end', () => tar(honest, Buffer.alloc(0)), undefined],
  ['another archive behind the end', () => Buffer.concat([tar(honest), first({ name: '../x' })]), undefined],
  [
    'no padding behind the last blob',
    () => tar([...honest.slice(0, -1), { ...last(honest), isUnpadded: true }], Buffer.alloc(0)),
    undefined,
  ],
  [
    'more than 100,000 members',
    () => Buffer.concat([Buffer.alloc(100_001 * 512, tarMember({ name: 'a' })), tar(honest)]),
    'CONTENT_INVALID',
  ],
  ['a name that is not UTF-8', () => first({ name: Buffer.from([0xff, 0xfe, 0x2f]), content: '' }), undefined],
  ['a name with escapes', () => first({ name: '\u001b[2J/../x', content: '' }), 'CONTENT_INVALID'],
  ['a member called __proto__', () => first({ name: '__proto__', content: 'x' }, { name: 'constructor' }), undefined],
  [
    'a blob with other bytes',
    () => instead(layerPath, { name: layerPath, content: Buffer.alloc(layerBytes.length, 'x') }),
    'CONTENT_MISMATCH',
  ],
  [
    'a blob shorter than its descriptor',
    () => instead(layerPath, { name: layerPath, content: layerBytes.subarray(1) }),
    'CONTENT_MISMATCH',
  ],
  [
    'a blob longer than its descriptor',
    () => instead(layerPath, { name: layerPath, content: Buffer.concat([layerBytes, layerBytes]) }),
    'CONTENT_MISMATCH',
  ],
  [
    'a manifest with other bytes',
    () => instead(rootPath, { name: rootPath, content: Buffer.alloc(image.root.size, '{') }),
    'CONTENT_MISMATCH',
  ],
  ['a blob that is missing', () => instead(layerPath), 'NOT_FOUND'],
  ['a manifest that is missing', () => instead(rootPath), 'NOT_FOUND'],
  ['no oci-layout', () => instead('oci-layout'), 'CONTENT_INVALID'],
  ['no index.json', () => instead('index.json'), 'CONTENT_INVALID'],
  [
    'another version',
    () => instead('oci-layout', { name: 'oci-layout', content: '{"imageLayoutVersion":"9"}' }),
    'CONTENT_INVALID',
  ],
  ['index.json that is no JSON', () => index('{'), 'CONTENT_INVALID'],
  [
    'index.json with a key twice',
    () => index(`{"schemaVersion":2,"manifests":[],"manifests":[${entry}]}`),
    'CONTENT_INVALID',
  ],
  [
    'index.json with a digest out of blobs',
    () => index(`{"schemaVersion":2,"manifests":[${entry.replace(/sha256:\w+/, 'sha256:../../x')}]}`),
    'CONTENT_INVALID',
  ],
  [
    'index.json deeper than any',
    () => index(`{"schemaVersion":2,"manifests":${'['.repeat(100_000)}`),
    'CONTENT_INVALID',
  ],
  ['nothing', () => Buffer.alloc(0), 'CONTENT_INVALID'],
  ['zeros', () => Buffer.alloc(10_240), 'CONTENT_INVALID'],
  ['text', () => Buffer.from('hello\n'.repeat(1000)), 'CONTENT_INVALID'],
  ['gzip of text', () => gzipSync('hello'.repeat(1000)), 'CONTENT_INVALID'],
  ['gzip of gzip', () => gzipSync(gzipSync(tar(honest))), 'CONTENT_INVALID'],
  ['gzip that is cut short', () => gzipSync(tar(honest)).subarray(0, 900), 'CONTENT_INVALID'],
  [
    'gzip with a wrong sum',
    () => Buffer.concat([gzipSync(tar(honest)).subarray(0, -8), Buffer.alloc(8)]),
    'CONTENT_INVALID',
  ],
  [
    'a gzip bomb',
    () => gzipSync(first({ name: 'zeros', content: Buffer.alloc(200 * 1024 * 1024) }), { level: 9 }),
    'CONTENT_INVALID',
  ],
  ['zstd', () => Buffer.from('28b52ffd00000000', 'hex'), 'UNSUPPORTED'],
  ['gzip of an honest archive', () => gzipSync(tar(honest)), undefined],
]

const plain = Buffer.alloc(5000, 'layer')
const classic = classicMembers([{ name: 'a/layer.tar', content: plain }], { diffIds: [digestOf(plain)] })
const saved = (text: string): Buffer => dockerInstead('manifest.json', { name: 'manifest.json', content: text })
const dockerInstead = (name: string, ...members: TarMember[]): Buffer =>
  tar(classic.flatMap(member => (member.name === name ? members : [member])))
const configName = String(classic.find(({ name }) => String(name).endsWith('.json'))?.name)
const configText = String(classic.find(({ name }) => name === configName)?.content)
const item = (change: object): string =>
  saved(
    JSON.stringify([{ Config: configName, RepoTags: ['demo/app:1'], Layers: ['a/layer.tar'], ...change }]),
  ).toString('latin1')
const changed = (change: object): Buffer => Buffer.from(item(change), 'latin1')

/** As {@link corpus}, of what `docker load` reads. */
const dockerCorpus: [string, () => Buffer, ErrorCode | undefined][] = [
  ['an honest one', () => tar(classic), undefined],
  ['a layer outside', () => changed({ Layers: ['../../etc/passwd'] }), 'CONTENT_INVALID'],
  ['a layer by an absolute name', () => changed({ Layers: ['/etc/passwd'] }), 'CONTENT_INVALID'],
  ['a layer without a name', () => changed({ Layers: [''] }), 'CONTENT_INVALID'],
  ['a layer that is the folder', () => changed({ Layers: ['.'] }), 'CONTENT_INVALID'],
  ['a layer that is not there', () => changed({ Layers: ['b/layer.tar'] }), 'NOT_FOUND'],
  ['a layer called __proto__', () => changed({ Layers: ['__proto__'] }), 'NOT_FOUND'],
  ['a layer that is a number', () => changed({ Layers: [7] }), 'CONTENT_INVALID'],
  ['layers that are no list', () => changed({ Layers: 'a/layer.tar' }), 'CONTENT_INVALID'],
  ['more layers than the config has', () => changed({ Layers: ['a/layer.tar', 'a/layer.tar'] }), 'CONTENT_INVALID'],
  ['fewer layers than the config has', () => changed({ Layers: [] }), 'CONTENT_INVALID'],
  ['no config', () => changed({ Config: undefined }), 'CONTENT_INVALID'],
  ['a config outside', () => changed({ Config: '../secret.json' }), 'CONTENT_INVALID'],
  ['a config that is not there', () => changed({ Config: 'x.json' }), 'NOT_FOUND'],
  [
    'a config that is not its name',
    () => dockerInstead(configName, { name: configName, content: configText.replace('linux', 'plan9') }),
    'CONTENT_MISMATCH',
  ],
  [
    'a config that is no JSON',
    () =>
      tar([
        ...classic.filter(({ name }) => name !== 'manifest.json'),
        { name: 'c', content: '{' },
        { name: 'manifest.json', content: JSON.stringify([{ Config: 'c', RepoTags: ['demo/app:1'], Layers: [] }]) },
      ]),
    'CONTENT_INVALID',
  ],
  [
    'a config of 5 MiB',
    () =>
      tar([
        ...classic.filter(({ name }) => name !== 'manifest.json'),
        { name: 'c', content: Buffer.alloc(5 * 1024 * 1024, ' ') },
        { name: 'manifest.json', content: JSON.stringify([{ Config: 'c', RepoTags: ['demo/app:1'], Layers: [] }]) },
      ]),
    'CONTENT_INVALID',
  ],
  ['a name in capitals', () => changed({ RepoTags: ['Demo/App:1'] }), 'CONTENT_INVALID'],
  ['a name that is a path', () => changed({ RepoTags: ['../../x:1'] }), 'CONTENT_INVALID'],
  ['a name with escapes', () => changed({ RepoTags: ['\u001b[2J'] }), 'CONTENT_INVALID'],
  ['a manifest.json that is no list', () => saved('{}'), 'CONTENT_INVALID'],
  ['a manifest.json that is no JSON', () => saved('['), 'CONTENT_INVALID'],
  [
    'a manifest.json with a key twice',
    () => saved(`[{"Config":"${configName}","Config":"x","Layers":[]}]`),
    'CONTENT_INVALID',
  ],
  ['a manifest.json deeper than any', () => saved('['.repeat(200_000)), 'CONTENT_INVALID'],
  ['a manifest.json of 20,000 images', () => saved(`[${'{},'.repeat(20_000)}{}]`), 'CONTENT_INVALID'],
  ['a manifest.json without images', () => saved('[]'), 'NOT_FOUND'],
  ['two of manifest.json', () => tar([{ name: 'manifest.json', content: '[]' }, ...classic]), 'CONTENT_INVALID'],
  ['no manifest.json', () => dockerInstead('manifest.json'), 'CONTENT_INVALID'],
  [
    'a layer with other bytes',
    () => dockerInstead('a/layer.tar', { name: 'a/layer.tar', content: Buffer.alloc(5000, 'other') }),
    'CONTENT_MISMATCH',
  ],
  [
    'a layer shorter than its header',
    () => tar([...classic.slice(1), { name: 'a/layer.tar', content: 'short', size: 5000 }], Buffer.alloc(0)),
    'CONTENT_INVALID',
  ],
  [
    'a layer that is a link outside',
    () => dockerInstead('a/layer.tar', { name: 'a/layer.tar', type: '2', link: '../../../etc/passwd' }),
    'CONTENT_INVALID',
  ],
  [
    'a layer that is an absolute link',
    () => dockerInstead('a/layer.tar', { name: 'a/layer.tar', type: '2', link: '/etc/passwd' }),
    'CONTENT_INVALID',
  ],
  [
    'a layer that is a hard link outside',
    () => dockerInstead('a/layer.tar', { name: 'a/layer.tar', type: '1', link: '../etc/passwd' }),
    'CONTENT_INVALID',
  ],
  [
    'a layer that is a link to itself',
    () => dockerInstead('a/layer.tar', { name: 'a/layer.tar', type: '2', link: 'layer.tar' }),
    'CONTENT_INVALID',
  ],
  [
    'layers that link to each other',
    () =>
      dockerInstead(
        'a/layer.tar',
        { name: 'a/layer.tar', type: '2', link: '../b' },
        { name: 'b', type: '1', link: 'a/layer.tar' },
      ),
    'CONTENT_INVALID',
  ],
  [
    'a layer at the end of 50 links',
    () =>
      dockerInstead(
        'a/layer.tar',
        { name: 'a/layer.tar', type: '2', link: '../l0' },
        ...Array.from({ length: 50 }, (_, at) => ({ name: `l${at}`, type: '2', link: `l${at + 1}` })),
        { name: 'l50', content: plain },
      ),
    'CONTENT_INVALID',
  ],
  [
    'a layer that is a link to a device',
    () => dockerInstead('a/layer.tar', { name: 'a/layer.tar', type: '2', link: '../d' }, { name: 'd', type: '3' }),
    'CONTENT_INVALID',
  ],
  [
    'a layer that is a link to nothing',
    () => dockerInstead('a/layer.tar', { name: 'a/layer.tar', type: '2', link: 'x' }),
    'NOT_FOUND',
  ],
  ['a layout that is none', () => tar([...classic, { name: 'oci-layout', content: '{' }]), 'CONTENT_INVALID'],
  ['a layout that doubles at each level', () => tar([...classic, ...doubling()]), undefined],
  ['a layout that names itself in a circle', () => tar([...classic, ...circle()]), undefined],
]

/** A layout in which each of two indexes lists both of the level below: whoever follows every path takes 2^40 steps. */
function doubling(): TarMember[] {
  let below: Descriptor[] = []
  const members: TarMember[] = []
  for (let level = 0; level < 40; level++) {
    below = [0, 1].map(side => {
      const bytes = Buffer.from(
        JSON.stringify({ schemaVersion: 2, manifests: below, annotations: { at: `${level}/${side}` } }),
      )
      const descriptor = descriptorOf(bytes, mediaTypes.ociIndex)
      members.push({ name: `blobs/${descriptor.digest.replace(':', '/')}`, content: bytes })
      return descriptor
    })
  }
  return [
    { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
    { name: 'index.json', content: JSON.stringify({ schemaVersion: 2, manifests: below }) },
    ...members,
  ]
}

/** A layout whose index lists an index under a digest that is not its own. */
function circle(): TarMember[] {
  const hex = 'c'.repeat(64)
  const listed = { mediaType: mediaTypes.ociIndex, digest: `sha256:${hex}`, size: 300 }
  const list = JSON.stringify({ schemaVersion: 2, manifests: [listed] })
  return [
    { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
    { name: 'index.json', content: list },
    { name: `blobs/sha256/${hex}`, content: list.padEnd(300) },
  ]
}

function last(members: readonly TarMember[]): TarMember {
  const found = members.at(-1)
  if (!found) throw new Error('no members')
  return found
}

describe(`T8: ${corpus.length + dockerCorpus.length} hostile archives leave no trace outside the destination`, () => {
  let dir: string
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'regctl-hostile-'))
    await mkdir(join(dir, 'work'))
    await writeFile(join(dir, 'sentinel'), 'untouched')
    // What is spooled lies there, and has no name.
    await mkdir(join(dir, 'tmp'))
    vi.stubEnv('TMPDIR', join(dir, 'tmp'))
  })

  afterEach(() => {
    vi.unstubAllEnvs()
  })

  const all = [
    ...corpus.map(([name, ...row]) => [`oci-archive: ${name}`, 'v1', archiveStore, ...row] as const),
    ...dockerCorpus.map(
      ([name, ...row]) => [`docker-archive: ${name}`, 'demo/app:1', dockerArchiveStore, ...row] as const,
    ),
  ]
  it.each(all)('%s', async (_name, reference, storeOf, make, code) => {
    const path = join(dir, 'work', 'hostile.tar')
    await writeFile(path, make())
    const before = await surroundings(dir)
    const stores = [storeOf(path), storeOf('-', { pipes: inputOf(await readFile(path)) })]
    for (const [at, store] of stores.entries()) {
      const to = join(dir, 'destination', String(at))
      const copied = copy({ store, reference }, { store: layoutStore(to), reference: 'v1' })
      if (code === undefined) expect((await copied).blobs.copied).toBeGreaterThan(1)
      else await expect(copied).rejects.toMatchObject({ name: expect.stringMatching(/Error$/), code })
      expect(await surroundings(dir)).toEqual(before)
    }
  })
})

function inputOf(bytes: Buffer) {
  return {
    input: () => Readable.from([bytes.subarray(0, 3), bytes.subarray(3)].filter(each => each.length > 0)),
    output: () => process.stderr,
  }
}

/** Everything below, with what would change if somebody touched it. */
async function surroundings(folder: string): Promise<string[]> {
  const lines: string[] = []
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.name === 'destination') continue
    const path = join(folder, entry.name)
    const { mode, nlink, size, mtimeMs } = await lstat(path)
    lines.push(entry.isDirectory() ? `${path} ${mode}` : `${path} ${mode} ${nlink} ${size} ${mtimeMs}`)
    if (entry.isDirectory()) lines.push(...(await surroundings(path)))
  }
  return lines
}
