import { describe, expect, it } from 'vitest'
import { diffReports } from '../../src/image/diff.ts'
import type { ImageReport, IndexReport, LayerSummary } from '../../src/image/inspect.ts'
import type { PlatformSummary } from '../../src/image/platforms.ts'
import { type Digest, digestOf } from '../../src/model/digest.ts'
import { mediaTypes } from '../../src/model/media-types.ts'

const digest = (text: string): Digest => digestOf(Buffer.from(text))
const layer = (name: string, size = 100): LayerSummary => ({
  digest: digest(name),
  mediaType: mediaTypes.ociLayerGzip,
  size,
  createdBy: `RUN ${name}`,
})

function image(name: string, layers: string[], more: Partial<ImageReport> = {}): ImageReport {
  return {
    reference: `registry.test/app:${name}`,
    digest: digest(name),
    mediaType: mediaTypes.ociManifest,
    id: digest(`config of ${name}`),
    size: layers.length * 100 + 10,
    os: 'linux',
    architecture: 'amd64',
    variant: null,
    created: null,
    config: { entrypoint: [], cmd: [], env: [], workdir: '', user: '', exposedPorts: [], volumes: [], labels: {} },
    layers: layers.map(each => layer(each)),
    history: [],
    annotations: {},
    artifactType: null,
    subject: null,
    ...more,
  }
}

const platform = (name: string, content = name): PlatformSummary => ({
  platform: name,
  digest: digest(content),
  mediaType: mediaTypes.ociManifest,
  id: null,
  size: 7,
  created: null,
})

function index(name: string, platforms: PlatformSummary[], more: Partial<IndexReport> = {}): IndexReport {
  return {
    reference: `registry.test/app:${name}`,
    digest: digest(name),
    mediaType: mediaTypes.ociIndex,
    size: 7 * platforms.length,
    annotations: {},
    artifactType: null,
    subject: null,
    platforms,
    ...more,
  }
}

describe('layers', () => {
  it.each<[string, string, string, string, number]>([
    ['a b c', 'a b c', '', '', 3],
    ['a b c', 'a b d', 'c', 'd', 2],
    ['a b', 'a b c d', '', 'c d', 2],
    ['a b c', 'a', 'b c', '', 1],
    ['a b c', 'a x b c', '', 'x', 3],
    ['a b c', 'x y', 'a b c', 'x y', 0],
    ['a a', 'a a a', '', 'a', 2],
    ['', 'a', '', 'a', 0],
    ['a b c d', 'a c b d', 'b c', 'c b', 2],
  ])('from %j to %j: %j removed, %j added, %i in common', (from, to, removed, added, count) => {
    const split = (text: string) => text.split(' ').filter(Boolean)
    const { layers } = diffReports(image('1', split(from)), image('2', split(to)))
    const names = (list: readonly LayerSummary[] = []) => list.map(({ createdBy }) => createdBy?.slice(4)).join(' ')
    expect([names(layers?.removed), names(layers?.added), layers?.common]).toEqual([
      removed,
      added,
      { count, size: count * 100 },
    ])
  })

  it.each<[string[], number]>([
    [['a', 'b'], 10],
    [['b', 'a'], 10],
    [['a', 'c'], 110],
    [['c', 'c'], 110],
  ])('who has a and b pulls of %j so many bytes: %i', (after, bytes) => {
    const size = new Set(after).size * 100 + 10
    expect(diffReports(image('1', ['a', 'b']), image('2', after, { size })).newBytes).toBe(bytes)
  })
})

describe('configuration', () => {
  const { config } = image('x', [])
  const none = config ?? {
    entrypoint: [],
    cmd: [],
    env: [],
    workdir: '',
    user: '',
    exposedPorts: [],
    volumes: [],
    labels: {},
  }
  const proto = JSON.parse('{"__proto__":"x","constructor":"y"}')

  it.each<[string, Partial<ImageReport>, Partial<ImageReport>, unknown[]]>([
    ['nothing', {}, {}, []],
    [
      'variables',
      { config: { ...none, env: ['A=1', 'B=2', 'C'] } },
      { config: { ...none, env: ['B=3', 'A=1', 'D=x=y'] } },
      [
        { field: 'env', name: 'B', before: '2', after: '3' },
        { field: 'env', name: 'C', before: '', after: null },
        { field: 'env', name: 'D', before: null, after: 'x=y' },
      ],
    ],
    [
      'words',
      { config: { ...none, cmd: ['sh'], entrypoint: ['/init'] } },
      { config: { ...none, cmd: ['sh', '-c'] } },
      [
        { field: 'entrypoint', before: ['/init'], after: null },
        { field: 'cmd', before: ['sh'], after: ['sh', '-c'] },
      ],
    ],
    [
      'user and folder',
      { config: { ...none, user: 'root' } },
      { config: { ...none, workdir: '/app' } },
      [
        { field: 'user', before: 'root', after: null },
        { field: 'workdir', before: null, after: '/app' },
      ],
    ],
    [
      'ports and volumes',
      { config: { ...none, exposedPorts: ['80/tcp', '443/tcp'] } },
      { config: { ...none, exposedPorts: ['443/tcp'], volumes: ['/data'] } },
      [
        { field: 'exposedPorts', name: '80/tcp', before: '', after: null },
        { field: 'volumes', name: '/data', before: null, after: '' },
      ],
    ],
    [
      'labels and annotations, with names that are traps (T26)',
      { config: { ...none, labels: {} }, annotations: { a: '1' } },
      { config: { ...none, labels: proto }, annotations: { a: '2' } },
      [
        { field: 'annotations', name: 'a', before: '1', after: '2' },
        { field: 'labels', name: '__proto__', before: null, after: 'x' },
        { field: 'labels', name: 'constructor', before: null, after: 'y' },
      ],
    ],
    [
      'platform, type, time',
      { created: '2024-01-01T00:00:00Z' },
      { variant: 'v8', architecture: 'arm64', mediaType: mediaTypes.dockerManifest },
      [
        { field: 'mediaType', before: mediaTypes.ociManifest, after: mediaTypes.dockerManifest },
        { field: 'platform', before: 'linux/amd64', after: 'linux/arm64/v8' },
        { field: 'created', before: '2024-01-01T00:00:00Z', after: null },
      ],
    ],
    ['no config at all', { config: null }, { config: none }, []],
  ])('%s', (_what, before, after, differences) => {
    expect(diffReports(image('1', [], before), image('2', [], after)).differences).toEqual(differences)
  })
})

describe('platforms', () => {
  const [amd, arm, win] = ['linux/amd64', 'linux/arm64', 'windows/amd64']
  const names = (list: readonly { platform: string }[] = []) => list.map(each => each.platform)

  it('added, removed, changed and the same', () => {
    const before = index('1', [platform(amd ?? ''), platform(arm ?? '', 'old'), platform(win ?? '')])
    const after = index('2', [platform(arm ?? '', 'new'), platform('linux/s390x'), platform(amd ?? '')])
    const { platforms } = diffReports(before, after)
    expect([names(platforms?.removed), names(platforms?.added), platforms?.same]).toEqual([[win], ['linux/s390x'], 1])
    expect(platforms?.changed).toMatchObject([
      { platform: arm, before: { digest: digest('old') }, after: { digest: digest('new') } },
    ])
  })

  it('one that stands there twice', () => {
    const before = index('1', [platform('windows/amd64', 'a'), platform('windows/amd64', 'b')])
    const after = index('2', [
      platform('windows/amd64', 'b'),
      platform('windows/amd64', 'c'),
      platform('windows/amd64', 'd'),
    ])
    const { platforms } = diffReports(before, after)
    expect(platforms).toMatchObject({
      same: 1,
      removed: [],
      changed: [{ after: { digest: digest('c') } }],
      added: [{ digest: digest('d') }],
    })
  })

  it('attestations are none', () => {
    const proof = { ...platform('unknown/unknown'), attests: digest('x') }
    expect(
      diffReports(index('1', [platform('linux/amd64')]), index('2', [platform('linux/amd64'), proof])).platforms,
    ).toEqual({
      removed: [],
      added: [],
      changed: [],
      same: 1,
    })
  })

  it('an image beside an index is its one platform', () => {
    const one = image('1', ['a'])
    const same = { ...platform('linux/amd64'), digest: one.digest }
    const diff = diffReports(one, index('2', [same, platform('linux/arm64')]))
    expect([diff.platforms?.same, names(diff.platforms?.added), diff.layers]).toEqual([1, ['linux/arm64'], undefined])
    expect(diff.differences).toMatchObject([{ field: 'mediaType' }])
  })
})

it('what has one digest is the same', () => {
  const [one, two] = [image('1', ['a']), { ...image('1', ['a']), reference: 'elsewhere.test/app:2' }]
  expect(diffReports(one, two)).toMatchObject({
    same: true,
    newBytes: 0,
    differences: [],
    layers: { removed: [], added: [] },
  })
  expect(diffReports(one, image('2', ['a'])).same).toBe(false)
})
