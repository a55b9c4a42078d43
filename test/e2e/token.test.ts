import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { makeImage } from '../helpers/images.ts'
import { type Distribution, realOrSkip, startDistribution } from '../helpers/real.ts'
import { startTokenServer, type TokenServer, type TokenServerOptions } from '../helpers/token-server.ts'
import { writeLayout } from './layout-folder.ts'
import { type Machine, makeMachine } from './program.ts'
import { pushSample } from './raw-registry.ts'
import { startOdd } from './serving.ts'

const both = ['pull', 'push']
const image = makeImage({ layers: 12 })

realOrSkip('docker-registry')('a registry behind a token server', () => {
  const options: TokenServerOptions = {
    users: { ann: 'right' },
    grants: {
      ann: { 'demo/app': both, 'other/app': both, 'third/app': both, 'late/app': both, 'read/only': ['pull'] },
      '': { 'open/app': ['pull'] },
    },
  }
  let tokens: TokenServer
  let registry: Distribution
  let machine: Machine
  beforeAll(async () => {
    tokens = await startTokenServer(options)
    const { realm, service, issuer, certificate } = tokens
    registry = await startDistribution({ token: { realm, service, issuer, rootcertbundle: certificate } })
    machine = makeMachine()
    writeLayout(join(machine.home, 'app'), { one: image })
  })
  beforeEach(() => {
    tokens.requests.length = 0
  })
  afterAll(async () => {
    await registry.stop()
    await tokens.close()
    machine.remove()
  })
  const scopes = () => tokens.requests.map(request => request.scopes.toSorted().join(' '))

  it('login: a wrong password ends with 4, the right one is stored', async () => {
    const login = (input: string) =>
      machine.regctl(['login', registry.host, '-u', 'ann', '--password-stdin', '--store', 'file'], { input })
    expect((await login('wrong')).code).toBe(4)
    expect((await login('right')).code).toBe(0)
  })

  it('push: asks once for pull and push, however many blobs go side by side', async () => {
    await machine.json(['copy', 'oci:app:one', `${registry.host}/demo/app:one`])
    expect(scopes()).toEqual(['repository:demo/app:pull,push'])
  })

  it('pull: asks once, for pull', async () => {
    await machine.json(['inspect', `${registry.host}/demo/app:one`])
    expect(scopes()).toEqual(['repository:demo/app:pull'])
  })

  it('mount: one token that may read there and write here', async () => {
    const result = await machine.json(['copy', `${registry.host}/demo/app:one`, `${registry.host}/other/app:one`])
    expect(result).toMatchObject({ blobs: { copied: 0, mounted: 13 } })
    expect(scopes().at(-1)).toBe('repository:demo/app:pull repository:other/app:pull,push')
    expect(new Set(scopes()).size).toBe(scopes().length)
  })

  it('push without the right: 4, and the repository is named', async () => {
    const { code, stderr } = await machine.regctl(['copy', 'oci:app:one', `${registry.host}/read/only:one`])
    expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringContaining('read/only') })
  })

  it('survives the end of its token in the middle of a copy', async () => {
    const from = await startDistribution()
    await pushSample(`${from.url}/v2/demo/app`, image, 'one')
    const last = [...image.contents.values()].findLast(part => part.descriptor.mediaType.includes('layer'))
    // The registry adds 60 seconds to a token's life: this one has two. The last layer comes later than that, once.
    options.lifetime = -58
    let late = false
    const door = await startOdd(async (request, response) => {
      if (!late && request.url?.includes(last?.descriptor.digest ?? '-')) {
        late = true
        await new Promise(done => setTimeout(done, 4000))
      }
      const answer = await fetch(`${from.url}${request.url}`, {
        method: request.method ?? 'GET',
        headers: { accept: request.headers.accept ?? '*/*' },
      })
      const body = Buffer.from(await answer.arrayBuffer())
      for (const name of ['content-type', 'docker-content-digest', 'content-length']) {
        response.setHeader(name, answer.headers.get(name) ?? '')
      }
      response.writeHead(answer.status).end(body)
    })
    const { code, stderr } = await machine.regctl([
      'copy',
      `${door.host}/demo/app:one`,
      `${registry.host}/late/app:one`,
    ])
    options.lifetime = 300
    await Promise.all([door.stop(), from.stop()])
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining('error') })
    expect(tokens.requests.length).toBeGreaterThan(1)
    expect(await machine.json(['digest', `${registry.host}/late/app:one`])).toMatchObject({ digest: image.root.digest })
  })
})
