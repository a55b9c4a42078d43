import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { writeLayout } from '../e2e/layout-folder.ts'
import { makeImage } from './images.ts'
import { type Distribution, findTool, realOrSkip, startDistribution } from './real.ts'
import { skopeoConfig, skopeoCopy, skopeoInspect, skopeoRaw } from './skopeo.ts'

const running: Distribution[] = []
const start = async (...options: Parameters<typeof startDistribution>) => {
  const server = await startDistribution(...options)
  running.push(server)
  return server
}
afterEach(async () => {
  await Promise.all(running.splice(0).map(server => server.stop()))
})

describe('findTool', () => {
  it('finds a program on PATH and nothing else', () => {
    expect(findTool('sh')).toMatch(/\/sh$/)
    expect(findTool('no-such-program-of-regctl')).toBeUndefined()
  })
})

describe('realOrSkip', () => {
  it('fails where a missing program is required', () => {
    vi.stubEnv('TEST_REAL', 'required')
    expect(() => realOrSkip('sh', 'no-such-program-of-regctl')).toThrow(/needs no-such-program-of-regctl/)
    vi.unstubAllEnvs()
  })
})

realOrSkip('docker-registry')('startDistribution', () => {
  it('answers, keeps an access log, and restarts on the same port', async () => {
    const server = await start()
    expect((await fetch(`${server.url}/v2/?a=1`, { headers: { 'user-agent': 'a "quoted" one' } })).status).toBe(200)
    await server.restart()
    expect((await fetch(`${server.url}/v2/x/tags/list`)).status).toBe(404)
    expect(await server.requests()).toEqual([
      { method: 'GET', path: '/v2/?a=1', status: 200, bytes: 2, agent: 'a \\"quoted\\" one' },
      expect.objectContaining({ method: 'GET', path: '/v2/x/tags/list', status: 404 }),
    ])
  })

  it('asks for a password, and takes users as text from the htpasswd program too', async () => {
    const tool = findTool('htpasswd')
    const others = tool ? [execFileSync(tool, ['-nbB', 'ann', 'secret'], { encoding: 'utf8' })] : []
    for (const htpasswd of [{ ann: 'secret' }, ...others]) {
      const { url } = await start({ htpasswd })
      const status = async (password: string) => {
        const authorization = `Basic ${Buffer.from(`ann:${password}`).toString('base64')}`
        return (await fetch(`${url}/v2/`, { headers: { authorization } })).status
      }
      expect([await status('secret'), await status('wrong')]).toEqual([200, 401])
    }
  })

  it('says why it does not start', async () => {
    const token = { realm: 'http://127.0.0.1:1/token', service: 'x', issuer: 'y', rootcertbundle: '/no/such/file' }
    await expect(startDistribution({ token })).rejects.toThrow(/did not start:[\s\S]*no such file/)
  })
})

realOrSkip('docker-registry', 'skopeo')('skopeo', () => {
  it('copies and reads', async () => {
    const server = await start()
    const layout = mkdtempSync(join(tmpdir(), 'regctl-layout-'))
    const sample = makeImage({ platform: 'linux/arm64/v8' })
    writeLayout(layout, { one: sample })
    await skopeoCopy(`oci:${layout}:one`, `${server.host}/demo/app:one`)
    const image = `${server.host}/demo/app:one`
    expect(await skopeoRaw(image)).toEqual(sample.contents.get(sample.root.digest)?.bytes)
    expect(await skopeoInspect(image)).toMatchObject({ Digest: sample.root.digest, RepoTags: ['one'] })
    expect(JSON.parse((await skopeoConfig(`oci:${layout}:one`)).toString())).toMatchObject({ architecture: 'arm64' })
    rmSync(layout, { recursive: true })
  })
})
