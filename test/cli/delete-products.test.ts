import { describe, expect, it } from 'vitest'
import { runCli } from '../helpers/cli.ts'
import { closing } from '../helpers/http-send.ts'
import { makeImage } from '../helpers/images.ts'
import { type Contents, createContents } from '../helpers/registries/contents.ts'
import { createDistribution } from '../helpers/registries/distribution.ts'
import { createHarbor } from '../helpers/registries/harbor.ts'
import { createHub } from '../helpers/registries/hub.ts'
import { createNexus } from '../helpers/registries/nexus.ts'
import { type Hosts, startWorld } from '../helpers/registries/world.ts'

const image = makeImage()
const users = { ann: 'secret' }

interface Mock {
  host: string
  contents: Contents
  hosts: Hosts
  repository?: string
}

/** GHCR deletes nothing by the protocol (PROTOCOL 70). */
function createGhcr(): Mock {
  const contents = createContents()
  const listener: Hosts[string] = (req, res) => {
    if (req.method !== 'DELETE') return contents.v2(req, res)
    res.writeHead(405, { 'content-type': 'application/json' })
    res.end('{"errors":[{"code":"UNSUPPORTED","message":"The operation is unsupported."}]}')
  }
  return { host: 'ghcr.io', contents, hosts: { 'ghcr.io': listener } }
}

const mocks: Record<string, () => Mock> = {
  Harbor: () => ({ host: 'harbor.example', ...createHarbor({ users, quirks: { publicProjects: [] } }) }),
  'Docker Hub': () => ({ host: 'docker.io', ...createHub({ users }) }),
  Nexus: () => ({ host: 'nexus.example:8082', repository: 'docker-hosted/ann/app', ...createNexus({ users }) }),
  GHCR: createGhcr,
  'distribution 2.8': () => ({ host: 'registry.example:5000', ...createDistribution() }),
}

/** `regctl …` in a world where this product has three tags of one image; `IMAGE` is `HOST/ann/app`. */
async function meet(name: string) {
  const { host, contents, hosts, repository = 'ann/app' } = (mocks[name] ?? createGhcr)()
  await contents.push(repository, image, '1', '1.0', 'latest')
  const world = closing(await startWorld(hosts))
  const login = { REGCTL_REGISTRY: host, REGCTL_USERNAME: 'ann', REGCTL_PASSWORD: 'secret' }
  const signedIn = ['GHCR', 'distribution 2.8'].includes(name) ? {} : login
  return {
    world,
    regctl: (line: string) =>
      runCli(line.replaceAll('IMAGE', `${host}/ann/app`).split(' '), { env: { ...world.env, ...signedIn } }),
    tags: async () => (await contents.rows(repository))?.map(row => row.name),
    digests: async () => new Set((await contents.rows(repository))?.map(row => row.digest)),
  }
}

describe('T28: delete --tag-only leaves the sibling tags in place', () => {
  it.each([
    ['Harbor', 'product'],
    ['Docker Hub', 'product'],
    ['Nexus', 'protocol'],
  ])('%s: by its %s', async (name, way) => {
    const { regctl, tags, digests } = await meet(name)
    const { code, stdout, stderr } = await regctl('delete --tag-only IMAGE:1 --json')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({ manifests: [], tags: ['1'], way })
    expect(await tags()).toEqual(['1.0', 'latest'])
    expect(await digests()).toEqual(new Set([image.root.digest]))
  })

  it.each([
    ['GHCR', 'https://github.com/ann?tab=packages'],
    ['distribution 2.8', '--dummy-manifest'],
  ])('%s: or changes nothing and says why', async (name, advice) => {
    const { regctl, tags, world } = await meet(name)
    const { code, stdout, stderr } = await regctl('delete --tag-only IMAGE:1')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('cannot remove a single tag')
    expect(stderr).toContain(advice)
    expect(await tags()).toEqual(['1', '1.0', 'latest'])
    expect(world.arrivals.filter(({ method }) => method === 'DELETE')).toHaveLength(1)
  })
})

it.each(Object.keys(mocks))('T28: %s: a tag that is not there is not found, and no other goes', async name => {
  const { regctl, tags } = await meet(name)
  expect((await regctl('delete --tag-only IMAGE:nobody')).code).toBe(3)
  expect((await regctl('delete --tag-only IMAGE:nobody --ignore-missing')).code).toBe(0)
  expect(await tags()).toEqual(['1', '1.0', 'latest'])
})

it('GHCR: an image is not deleted either, and it says where to do that', async () => {
  const { regctl, tags } = await meet('GHCR')
  const { code, stderr } = await regctl('delete IMAGE:1 --yes')
  expect(code).toBe(1)
  expect(stderr).toContain('ghcr.io does not remove manifests: ghcr.io/ann/app stays as it is')
  expect(stderr).toContain('gh api -X DELETE')
  expect(await tags()).toEqual(['1', '1.0', 'latest'])
})
