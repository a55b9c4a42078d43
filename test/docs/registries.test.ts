import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeImage, makeIndex } from '../helpers/images.ts'
import type { Contents } from '../helpers/registries/contents.ts'
import { createDistribution } from '../helpers/registries/distribution.ts'
import { createHarbor } from '../helpers/registries/harbor.ts'
import { createHub } from '../helpers/registries/hub.ts'
import { createNexus } from '../helpers/registries/nexus.ts'
import { type Hosts, startWorld, type World } from '../helpers/registries/world.ts'
import { commandBlocks, commandsIn, shapeOf } from './commands.ts'
import { openShell, type Shell } from './page.ts'

const root = join(import.meta.dirname, '..', '..')
const read = (page: string) => readFileSync(join(root, 'docs', `${page}.md`), 'utf8')
const web = (seed: string) => makeIndex({ platforms: ['linux/amd64', 'linux/arm64/v8'], seed })
const app = (seed: string) => makeImage({ seed })

interface Page {
  hosts: () => Promise<Hosts>
  env: Readonly<Record<string, string>>
}

async function fill(
  contents: Contents,
  images: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Promise<void> {
  for (const [repository, tags] of Object.entries(images)) {
    for (const [tag, seed] of Object.entries(tags)) {
      await contents.push(repository, seed.startsWith('web') ? web(seed) : app(seed), tag)
    }
  }
}

/** Two builds to throw away, and one to keep. */
const builds = { 'pr-7': 'seven', 'pr-8': 'eight', v2: 'two' }

const pages: Readonly<Record<string, Page>> = {
  'docker-hub': {
    env: { HUB_TOKEN: 'dckr_pat_1' },
    async hosts() {
      const quota = { limit: 100, remaining: 76, windowSeconds: 21_600, source: '192.0.2.7' }
      const hub = createHub({ users: { ada: 'dckr_pat_1' }, quirks: { quota } })
      await fill(hub.contents, {
        'library/nginx': { '1.26': 'web-26', '1.27': 'web-27', latest: 'web-27' },
        'library/postgres': { '17': 'web-17' },
        'bitnami/nginx': { latest: 'web-b' },
        'ada/app': builds,
      })
      hub.describe('library/nginx', { description: 'Official build of Nginx.', stars: 20_000, pullsText: '10B+' })
      hub.describe('library/postgres', { description: 'The PostgreSQL database.', stars: 14_000, pullsText: '10B+' })
      const publisher = { publisher: 'VMware', badge: 'verified_publisher' as const }
      hub.describe('bitnami/nginx', {
        description: 'Bitnami image for nginx',
        stars: 200,
        pullsText: '100M+',
        ...publisher,
      })
      return hub.hosts
    },
  },
  harbor: {
    env: { HARBOR_SECRET: 'cli-secret', ROBOT_SECRET: 'robot-secret' },
    async hosts() {
      const harbor = createHarbor({
        users: { ada: 'cli-secret' },
        robots: { 'robot$team+ci': 'robot-secret' },
        quirks: { proxyProjects: ['proxy'], immutable: ['team/app:v2'] },
      })
      await fill(harbor.contents, {
        'library/nginx': { '1.27': 'web-27', latest: 'web-27' },
        'team/app': builds,
        'team/sub/deep': { v1: 'app' },
      })
      harbor.describe('library/nginx', { description: 'a web server', pulls: 4711 })
      return harbor.hosts
    },
  },
  nexus: {
    env: { NEXUS_PASSWORD: 'admin123' },
    async hosts() {
      const nexus = createNexus()
      await fill(nexus.contents, {
        'docker-hosted/nginx': { '1.27': 'web-27', latest: 'web-27' },
        'docker-hosted/team/app': builds,
        'docker-proxy/library/alpine': { '3.20': 'web-alpine' },
      })
      return nexus.hosts
    },
  },
  distribution: {
    env: { REGISTRY_PASSWORD: 'secret' },
    async hosts() {
      const distribution = createDistribution({ users: { ada: 'secret' }, quirks: { version: '3.1' } })
      await fill(distribution.contents, { 'demo/app': { 'pr-7': 'seven', v2: 'two' }, 'demo/web': { v1: 'web' } })
      return distribution.hosts
    },
  },
}

describe.each(Object.entries(pages))('docs/%s.md', (name, { hosts, env }) => {
  let world: World
  let shell: Shell
  beforeAll(async () => {
    world = await startWorld(await hosts())
    shell = await openShell({ ...world.env, ...env })
  })
  afterAll(async () => {
    await world.close()
    shell.close()
  })

  /** In one home, one after the other, as a reader would. */
  it.each(commandsIn(read(name)).map(command => [command.line, command] as const))(
    '$ %s',
    async (_, { line, code, output }) => {
      const run = await shell.run(line)
      const said = code === 0 ? run.stderr : expect.stringContaining('error: ')
      expect(run).toMatchObject({ code, stderr: said })
      if (output.length > 0) expect(shapeOf(run.stdout.trimEnd().split('\n'))).toEqual(shapeOf(output))
    },
  )

  it('has the same commands in Chinese', () => {
    expect(commandBlocks(read(`${name}.zh-CN`))).toEqual(commandBlocks(read(name)))
    expect(commandsIn(read(name)).length).toBeGreaterThan(10)
  })

  it('names no command of ours outside of what is run', () => {
    const outside = read(name).replace(/^```\w*\n[\s\S]*?^```$/gm, '')
    expect(outside).not.toMatch(/^\s*\$ /m)
  })
})

describe('commands in a page', () => {
  it('are read with their exit codes and outputs', () => {
    const markdown = 'x\n```\n$ a\nb\nc\n$ d    # exit 3\n```\n```json\n{}\n```\n```\nno command\n```\n'
    expect(commandsIn(markdown)).toEqual([
      { line: 'a', code: 0, output: ['b', 'c'] },
      { line: 'd    # exit 3', code: 3, output: [] },
    ])
  })

  it('show the shape of an output, whatever the digests and sizes are', () => {
    expect(shapeOf(['a  sha256:0f…   5.8 KiB  x', 'b'])).toEqual(['a DIGEST SIZE x', 'b'])
    expect(shapeOf(['copied 5 B in 1 min 02 s', '1 request', '12 requests, 3 of them again'])).toEqual(
      shapeOf(['copied 9.1 MiB in 0.4 s', '7 requests', '1 request']),
    )
    expect(shapeOf(['a  sha256:0f  5 B  y'])).not.toEqual(shapeOf(['a  sha256:0f…   5.8 KiB  x']))
  })
})
