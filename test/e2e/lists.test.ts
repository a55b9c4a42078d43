import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeImage } from '../helpers/images.ts'
import { type Distribution, realOrSkip, startDistribution } from '../helpers/real.ts'
import { type Machine, makeMachine } from './program.ts'
import { pushSample } from './raw-registry.ts'
import { type Server, startOdd, startServe } from './serving.ts'

const numbers = (count: number) => Array.from({ length: count }, (_, at) => at)
const repositories = numbers(2000).map(at => `group-${String(at % 40).padStart(2, '0')}/app-${at}`)
const tags = numbers(10_000).map(at => `1.${Math.floor(at / 100)}.${at % 100}`)
/** As registries order: by bytes. */
const inOrder = (names: readonly string[]) => [...names].sort()
const lines = (text: string) => text.split('\n').slice(0, -1)

realOrSkip('docker-registry')('lists of a real registry', () => {
  let registry: Distribution
  let machine: Machine
  beforeAll(async () => {
    registry = await startDistribution()
    machine = makeMachine()
    // Straight into its storage, where a repository is a folder and a tag another one.
    const folder = join(registry.root, 'docker/registry/v2/repositories')
    for (const name of repositories) mkdirSync(join(folder, name, '_layers'), { recursive: true })
    for (const tag of tags) mkdirSync(join(folder, repositories[0] ?? '', '_manifests/tags', tag), { recursive: true })
  })
  afterAll(async () => {
    await registry.stop()
    machine.remove()
  })

  it('repos: all 2,000, in order, page by page along Link', async () => {
    const before = (await registry.requests()).length
    const { code, stdout } = await machine.regctl(['repos', registry.host])
    expect(code).toBe(0)
    expect(lines(stdout)).toEqual(inOrder(repositories))
    const pages = (await registry.requests()).slice(before).filter(line => line.path.startsWith('/v2/_catalog'))
    const size = Number(/[?&]n=(\d+)/.exec(pages[0]?.path ?? '')?.[1] ?? 100)
    // distribution links to an empty page behind a full last one.
    expect(pages.length).toBeLessThanOrEqual(Math.ceil(repositories.length / size) + 1)
    expect(pages.length).toBeGreaterThan(1)
  })

  it('repos: a prefix, a filter, a limit', async () => {
    const inGroup = inOrder(repositories.filter(name => name.startsWith('group-07/')))
    expect(lines((await machine.regctl(['repos', `${registry.host}/group-07`])).stdout)).toEqual(inGroup)
    expect(lines((await machine.regctl(['repos', registry.host, '--filter', 'group-07/*'])).stdout)).toEqual(inGroup)
    const few = await machine.json(['repos', registry.host, '--limit', '3'])
    expect(few).toMatchObject({ registry: registry.host, repositories: inOrder(repositories).slice(0, 3).map(named) })
  })

  it('tags: all 10,000', async () => {
    const place = `${registry.host}/${repositories[0]}`
    expect(inOrder(lines((await machine.regctl(['tags', place])).stdout))).toEqual(inOrder(tags))
    expect(lines((await machine.regctl(['tags', place, '--sort', 'name'])).stdout)).toEqual(inOrder(tags))
    expect(lines((await machine.regctl(['tags', place, '--sort', 'semver'])).stdout)).toEqual(tags)
  })

  it('tags: by range, by pattern, the latest', async () => {
    const place = `${registry.host}/${repositories[0]}`
    const pick = async (...flags: string[]) => lines((await machine.regctl(['tags', place, ...flags])).stdout)
    expect(await pick('--semver', '~1.42', '--sort', 'semver')).toEqual(tags.slice(4200, 4300))
    expect(await pick('--filter', '1.42.*', '--exclude', '*.?', '--sort', 'semver')).toEqual(tags.slice(4210, 4300))
    expect(await pick('--sort', 'semver', '--reverse', '--limit', '2')).toEqual(['1.99.99', '1.99.98'])
    expect(await pick('--latest')).toEqual(['1.99.99'])
  })
})

describe('lists of our own registry', () => {
  let server: Server
  let machine: Machine
  beforeAll(async () => {
    machine = makeMachine()
    server = await startServe(machine.home)
    const image = makeImage({ layers: 1 })
    await pushSample(`${server.url}/v2/many/tags`, image, 'first')
    const manifest = image.contents.get(image.root.digest)
    const headers = { 'content-type': image.root.mediaType }
    const body = new Uint8Array(manifest?.bytes ?? [])
    for (const tag of tags) await fetch(`${server.url}/v2/many/tags/manifests/${tag}`, { method: 'PUT', headers, body })
  }, 120_000)
  afterAll(async () => {
    await server.stop()
    machine.remove()
  })

  it('tags: all 10,000, in order', async () => {
    const { code, stdout } = await machine.regctl(['tags', `${server.host}/many/tags`])
    expect(code).toBe(0)
    expect(lines(stdout)).toEqual(inOrder([...tags, 'first']))
  })
})

describe('tags of a registry with pages', () => {
  let machine: Machine
  beforeAll(() => {
    machine = makeMachine()
  })
  afterAll(() => machine.remove())

  it('prints the first page before the last one came', async () => {
    let printed = () => {}
    const firstLine = new Promise<void>(resolve => {
      printed = resolve
    })
    const server = await startOdd(async (request, response) => {
      const { searchParams } = new URL(request.url ?? '', 'http://x')
      const last = searchParams.get('last') === 'b'
      // The second page waits until the program has printed the first one.
      if (last) await firstLine
      else response.setHeader('link', '</v2/demo/app/tags/list?last=b&n=2>; rel="next"')
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ name: 'demo/app', tags: last ? ['c'] : ['a', 'b'] }))
    })
    const { code, stdout } = await machine.regctl(['tags', `${server.host}/demo/app`], {
      during: child => child.stdout?.once('data', printed),
    })
    await server.stop()
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'a\nb\nc\n' })
  })

  it('lists more than its memory could hold', async () => {
    const [pages, size] = [300, 1000]
    const name = (page: number, at: number) => `${page * size + at}`.padStart(12, '0').padEnd(128, 'x')
    const server = await startOdd((request, response) => {
      const page = Number(new URL(request.url ?? '', 'http://x').searchParams.get('page') ?? 0)
      if (page + 1 < pages) response.setHeader('link', `</v2/demo/app/tags/list?page=${page + 1}>; rel="next"`)
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ name: 'demo/app', tags: numbers(size - 1).map(at => name(page, at)) }))
    })
    let [count, tail] = [0, '']
    const { code, stderr } = await machine.regctl(['tags', `${server.host}/demo/app`], {
      env: { NODE_OPTIONS: '--max-old-space-size=40' },
      during: child =>
        child.stdout?.on('data', (text: string) => {
          count += text.split('\n').length - 1
          tail = (tail + text).slice(-129)
        }),
    })
    await server.stop()
    expect({ code, stderr, count, tail }).toEqual({
      code: 0,
      stderr: '',
      count: pages * (size - 1),
      tail: `${name(pages - 1, size - 2)}\n`,
    })
  })
})

function named(name: string): { name: string } {
  return { name }
}
