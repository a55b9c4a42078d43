import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeImage, makeIndex } from '../helpers/images.ts'
import { type Distribution, realOrSkip, startDistribution } from '../helpers/real.ts'
import { runOnTerminal } from '../helpers/terminal.ts'
import { type Machine, makeMachine } from './program.ts'
import { pushSample } from './raw-registry.ts'
import { type Server, startServe } from './serving.ts'

const index = makeIndex({ platforms: ['linux/amd64', 'linux/arm64'] })
const other = makeImage()
let machine: Machine
beforeAll(() => {
  machine = makeMachine()
})
afterAll(() => machine.remove())

const tagsOf = async (place: string) => {
  const { tags } = await machine.json(['tags', place, '--sort', 'name'])
  return (tags as { name: string }[]).map(({ name }) => name)
}
const digestOf = async (place: string) => (await machine.json(['digest', place])).digest

/** A repository with three tags of one index, and another image. */
async function seeded({ host, url }: { host: string; url: string }, name: string): Promise<string> {
  await pushSample(`${url}/v2/${name}`, index, '1.0')
  await pushSample(`${url}/v2/${name}`, other, '2.0')
  await machine.json(['tag', `${host}/${name}:1.0`, '1', 'latest'])
  return `${host}/${name}`
}

realOrSkip('docker-registry')('on a real docker-registry', () => {
  let registry: Distribution
  let readOnly: Distribution
  let made = 0
  let place: string
  beforeAll(async () => {
    registry = await startDistribution({ delete: true })
    readOnly = await startDistribution({ delete: false })
  })
  afterAll(async () => {
    await registry.stop()
    await readOnly.stop()
  })
  beforeEach(async () => {
    place = await seeded(registry, `demo/app-${made++}`)
  })

  it('T28: --tag-only changes nothing and says why', async () => {
    const { code, stderr } = await machine.regctl(['delete', '--tag-only', `${place}:1`])
    expect(code).toBe(1)
    expect(stderr).toMatch(/cannot remove a single tag: .*:1 stays as it is\nhint: .*--dummy-manifest/)
    expect(await tagsOf(place)).toEqual(['1', '1.0', '2.0', 'latest'])
  })

  it('T28: --tag-only --dummy-manifest leaves the sibling tags and the image', async () => {
    expect((await machine.regctl(['delete', '--tag-only', '--dummy-manifest', `${place}:1`])).code).toBe(0)
    expect(await tagsOf(place)).toEqual(['1.0', '2.0', 'latest'])
    expect(await digestOf(`${place}:latest`)).toBe(index.root.digest)
    expect((await machine.regctl(['inspect', `${place}:1.0`])).code).toBe(0)
  })

  it('T28: deletes the three tags it has shown, and no other', async () => {
    const refused = await machine.regctl(['delete', `${place}:1.0`])
    expect(refused.code).toBe(2)
    for (const tag of ['1', '1.0', 'latest']) expect(refused.stderr).toContain(`\n  ${tag}\n`)
    const { manifests } = await machine.json(['delete', `${place}:1.0`, '--yes'])
    expect(manifests).toMatchObject([
      { digest: index.root.digest, tags: expect.arrayContaining(['1', '1.0', 'latest']) },
    ])
    expect(await tagsOf(place)).toEqual(['2.0'])
  })

  it('says what to configure where deletion is off', async () => {
    const kept = await seeded(readOnly, 'demo/app')
    for (const flags of [['--yes'], ['--tag-only', '--dummy-manifest']]) {
      const { code, stderr } = await machine.regctl(['delete', `${kept}:1`, ...flags])
      expect(code).toBe(1)
      expect(stderr).toContain('REGISTRY_STORAGE_DELETE_ENABLED=true')
      expect(await tagsOf(kept)).toEqual(['1', '1.0', '2.0', 'latest'])
      expect(await digestOf(`${kept}:1`)).toBe(index.root.digest)
    }
  })
})

describe('on regctl serve', () => {
  let server: Server
  beforeAll(async () => {
    server = await startServe(machine.home)
  })
  afterAll(() => server.stop())

  it('T28: --tag-only leaves the sibling tags and the image', async () => {
    const place = await seeded({ host: server.host, url: server.url }, 'demo/one')
    expect((await machine.regctl(['delete', '--tag-only', `${place}:1`])).code).toBe(0)
    expect(await tagsOf(place)).toEqual(['1.0', '2.0', 'latest'])
    expect(await digestOf(`${place}:latest`)).toBe(index.root.digest)
  })

  realOrSkip('script')('on a terminal', () => {
    const prompt = 'Delete it with its 3 tags? [y/N] '
    const ask = async (name: string, keys: string) => {
      const place = await seeded({ host: server.host, url: server.url }, `terminal/${name}`)
      const { shown, code } = await runOnTerminal(['delete', `${place}:1.0`], { prompt, keys, home: machine.home })
      for (const tag of ['1', '1.0', 'latest']) expect(shown).toContain(`\n  ${tag}\n`)
      expect(shown).toContain(prompt)
      return { code, tags: await tagsOf(place) }
    }
    const all = ['1', '1.0', '2.0', 'latest']

    it('T28: yes deletes', async () => {
      expect(await ask('yes', 'y\r')).toEqual({ code: 0, tags: ['2.0'] })
    })

    it.each([
      ['no', 'n\r', 1],
      ['return', '\r', 1],
      ['something', 'yes please\r', 1],
      ['ctrl-c', '\u0003', 130],
      ['ctrl-c-later', 'ye\u0003', 130],
      ['ctrl-d', '\u0004', 2],
    ])('T28: %s (%j) deletes nothing, and ends with %i', async (name, keys, code) => {
      expect(await ask(name, keys)).toEqual({ code, tags: all })
    })
  })
})
