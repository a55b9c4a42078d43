import { describe, expect, it } from 'vitest'
import type { CredentialStore } from '../../src/credentials/credentials.ts'
import type { DockerConfigStore } from '../../src/credentials/docker-config.ts'
import { forgetIn, type Places, placesInOrder, registriesIn } from '../../src/credentials/places.ts'
import { RegctlError } from '../../src/model/errors.ts'
import type { Notice } from '../../src/model/notice.ts'

interface Told {
  has?: string[]
  fails?: Error
  helper?: CredentialStore
}

/** A store of these registries; `left` is what is left in it. */
function place(name: string, { has = [], fails, helper }: Told = {}): DockerConfigStore & { left: string[] } {
  const left = [...has]
  return {
    name,
    left,
    get: async () => undefined,
    set: async () => {},
    delete: async registry => {
      if (fails) throw fails
      const at = left.indexOf(registry)
      if (at >= 0) left.splice(at, 1)
      return at >= 0
    },
    registries: async () => {
      if (fails) throw fails
      return left
    },
    helperFor: async () => helper,
    mark: async () => {},
    helpers: async () => (helper ? [helper] : []),
  }
}
const broken = new RegctlError('FAILED', 'the helper is broken')
const places = (more: Partial<Places>): Places => ({
  chosen: undefined,
  keychain: undefined,
  docker: place('docker'),
  podman: [],
  ...more,
})

it('are asked from the nearest to the farthest', () => {
  const all = {
    chosen: place('chosen'),
    keychain: place('keychain'),
    docker: place('docker'),
    podman: [place('one'), place('two')],
  }
  expect(placesInOrder(all).map(({ name }) => name)).toEqual(['chosen', 'keychain', 'docker', 'one', 'two'])
  expect(placesInOrder(places({})).map(({ name }) => name)).toEqual(['docker'])
})

describe('a registry that is forgotten', () => {
  const has = ['a.test']

  it('is removed everywhere, also from the helpers that files name, and from nobody else', async () => {
    const helper = place('helper', { has: ['a.test', 'b.test'] })
    const all = {
      chosen: place('chosen', { has }),
      keychain: place('keychain', { has }),
      docker: place('docker', { helper }),
      podman: [place('podman', { has, helper })],
    }
    expect(await forgetIn(all, 'a.test')).toEqual(['helper', 'chosen', 'keychain', 'podman'])
    expect([helper, all.chosen, all.keychain, all.docker, ...all.podman].map(({ left }) => left)).toEqual([
      ['b.test'],
      [],
      [],
      [],
      [],
    ])
  })

  it('that nobody has is no failure', async () => expect(await forgetIn(places({}), 'a.test')).toEqual([]))

  it('is removed from all others where one fails, and that is told', async () => {
    const docker = place('docker', { has, helper: place('helper', { fails: broken }) })
    const podman = [place('podman', { has })]
    await expect(forgetIn(places({ docker, podman }), 'a.test')).rejects.toMatchObject({
      code: 'PARTIAL',
      message: 'a.test was removed from docker, podman, but not everywhere: the helper is broken',
    })
    expect([docker.left, podman[0]?.left]).toEqual([[], []])
  })

  it('of one failure and nothing else, that failure is told itself', async () => {
    const docker = place('docker', { helper: place('helper', { fails: broken }) })
    await expect(forgetIn(places({ docker }), 'a.test')).rejects.toBe(broken)
  })

  it('several failures are told together', async () => {
    const other = new RegctlError('CONFIG_INVALID', 'the file is broken')
    const docker = place('docker', { fails: other, helper: place('helper', { fails: broken }) })
    await expect(forgetIn(places({ docker }), 'a.test')).rejects.toMatchObject({
      code: 'PARTIAL',
      message: 'a.test was not removed: the helper is broken; the file is broken',
    })
  })
})

describe('the registries of all places', () => {
  it('stand once, in one spelling and in order', async () => {
    const helper = place('helper', { has: ['https://index.docker.io/v1/', 'c.test'] })
    const all = {
      docker: place('docker', { has: ['B.test', 'docker.io'], helper }),
      podman: [place('p', { has: ['b.test', 'a.test'], helper })],
    }
    expect(await registriesIn(places(all), () => expect.unreachable())).toEqual([
      'a.test',
      'b.test',
      'c.test',
      'docker.io',
    ])
  })

  it('a helper that cannot list is a notice', async () => {
    const notices: Notice[] = []
    const docker = place('docker', { has: ['a.test'], helper: place('helper', { fails: broken }) })
    expect(await registriesIn(places({ docker }), notice => notices.push(notice))).toEqual(['a.test'])
    expect(notices).toEqual([{ code: 'HELPER_FAILED', message: 'the helper is broken' }])
  })

  it.each<[string, Partial<Places>]>([
    ['a defect of a helper', { docker: place('docker', { helper: place('helper', { fails: new TypeError('x') }) }) }],
    ['a file that cannot be read', { docker: place('docker', { fails: broken }) }],
  ])('%s is told', async (_, more) => {
    await expect(registriesIn(places(more), () => {})).rejects.toThrow()
  })
})
