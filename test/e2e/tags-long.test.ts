import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeImage, seed } from '../helpers/images.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { type Machine, makeMachine } from './program.ts'

const schema1 = 'application/vnd.docker.distribution.manifest.v1+json'

describe('tags --long of a repository with odd tags', () => {
  let machine: Machine
  let server: TestServer
  beforeAll(async () => {
    machine = makeMachine()
    server = await startServer({
      wrap: handler => (req, res) => {
        if (req.url?.includes('/tags/list')) {
          res.setHeader('content-type', 'application/json')
          res.end(JSON.stringify({ name: 'demo/app', tags: ['good', 'old', 'x\u001b[2J/../y'] }))
        } else if (req.url?.includes('/manifests/old')) {
          res.setHeader('content-type', schema1)
          res.end(JSON.stringify({ schemaVersion: 1, name: 'demo/app', fsLayers: [] }))
        } else handler(req, res)
      },
    })
    await seed(await server.repositories.create('demo/app'), makeImage(), 'good')
  })
  afterAll(async () => {
    machine.remove()
    await server.close()
  })

  it('prints the table, names what failed, and ends with 8', async () => {
    const { code, stdout, stderr } = await machine.regctl(['tags', `${server.host}/demo/app`, '--long'])
    expect(code).toBe(8)
    expect(stdout).toMatch(/^good +sha256:/m)
    expect(stdout).toMatch(/^old$/m)
    expect(stdout).toMatch(/^x\\x1b\[2J\/\.\.\/y$/m)
    expect(stderr).toContain(`error: 1 of 3 tags of ${server.host}/demo/app cannot be read: old\n`)
  })

  it('has the reason in its one JSON document', async () => {
    const { code, stdout } = await machine.regctl(['tags', `${server.host}/demo/app`, '--long', '--json'])
    expect(code).toBe(8)
    const [good, old, odd] = JSON.parse(stdout).tags
    expect(good).toMatchObject({ name: 'good', platforms: ['linux/amd64'] })
    expect(old).toEqual({ name: 'old', error: { code: expect.any(String), message: expect.any(String) } })
    expect(odd).toEqual({ name: 'x\u001b[2J/../y' })
  })

  it('--latest without a match is NOT_FOUND, in a sentence', async () => {
    const { code, stdout, stderr } = await machine.regctl(['tags', `${server.host}/demo/app`, '--latest'])
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
    expect(stderr).toContain(`error: no tag of ${server.host}/demo/app is a release version`)
  })
})
