import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli } from '../helpers/cli.ts'
import { makeImage, makeIndex } from '../helpers/images.ts'
import { createDistribution } from '../helpers/registries/distribution.ts'
import { createHub } from '../helpers/registries/hub.ts'
import { startWorld, type World } from '../helpers/registries/world.ts'

describe('search, repos, limits, tags and inspect from the command line', () => {
  let world: World
  beforeAll(async () => {
    const hub = createHub({
      users: { ada: 'canary-secret' },
      quirks: { quota: { limit: 100, remaining: 76, windowSeconds: 21_600, source: '192.0.2.7' } },
    })
    const distribution = createDistribution()
    await distribution.contents.push('demo/app', makeImage(), 'v1')
    await hub.contents.push(
      'library/nginx',
      makeIndex({ platforms: ['linux/amd64', 'linux/arm64/v8'], seed: 'n' }),
      '1.27',
    )
    await hub.contents.push('library/nginx', makeImage({ seed: 'm' }), 'alpine')
    hub.describe('library/nginx', { description: 'evil \u001b[2J\n::set-output x', stars: 20_000, pullsText: '10B+' })
    world = await startWorld({ ...hub.hosts, ...distribution.hosts })
  })
  afterAll(() => world.close())
  const regctl = (...args: string[]) => runCli(args, { env: world.env })

  it.each<[args: string[], code: number, words: string]>([
    [['search'], 2, 'WORDS'],
    [['search', ''], 2, 'no word'],
    [['search', 'nginx', '--limit', '0'], 2, '--limit'],
    [['search', 'nginx', '--registry', 'not a host'], 2, 'host'],
    [['search', 'x', '--official', '--registry', 'registry.example:5000'], 1, 'official images'],
    [['repos', 'docker.io'], 1, 'NAMESPACE'],
    [['repos', 'docker.io/nobody'], 3, 'nobody'],
    [['limits', 'registry.example:5000'], 1, 'limits'],
    [['limits', '--min', '0'], 2, '--min'],
    [['limits', '--min', '77'], 5, 'fewer than 77'],
    [['limits', '--min', '76'], 0, ''],
    [['tags', 'nginx', '--newest', '0'], 2, '--newest'],
    [['tags', 'nginx', '--older-than', '90'], 2, '90d'],
    [['tags', 'nginx', '--sort', 'age'], 2, '--sort'],
    [['tags', 'nginx', '--pull-command', 'docker'], 2, '--long'],
    [['tags', 'registry.example:5000/demo/app', '--sort', 'pushed'], 1, 'created'],
    [['tags', 'nginx', '--long', '--pull-command', 'crane'], 2, '--pull-command'],
    [['inspect', 'nginx:1.27', '--raw', '--pull-command', 'docker'], 2, '--pull-command'],
    [['search', 'nginx', '--registry', 'unknown.example'], 6, 'unknown.example'],
  ])('%j ends with %i and says %j', async (args, code, words) => {
    const run = await regctl(...args)
    expect({ code: run.code, said: run.stderr }).toMatchObject({ code, said: expect.stringContaining(words) })
  })

  it('T14: a description moves no cursor and commands no runner, on the page and in JSON', async () => {
    const { stdout } = await regctl('search', 'nginx')
    expect(stdout.split('\n')).toHaveLength(3)
    expect(stdout).not.toMatch(/\u001b|^::/m)
    const json = await regctl('search', 'nginx', '--json')
    expect(json.stdout).not.toContain('\u001b')
    expect(JSON.parse(json.stdout)).toMatchObject({
      registry: 'docker.io',
      results: [{ name: 'nginx', stars: 20_000, pulls: 10_000_000_000, official: true }],
    })
  })

  it.each([
    [['repos', 'docker.io/library']],
    [['tags', 'nginx', '--long']],
    [['delete', '--tag-only', 'docker.io/library/nginx:none']],
    [['limits']],
  ])('T15: -v shows no secret: %j', async args => {
    const login = { REGCTL_REGISTRY: 'docker.io', REGCTL_USERNAME: 'ada', REGCTL_PASSWORD: 'canary-secret' }
    const { stdout, stderr } = await runCli([...args, '-v'], { env: { ...world.env, ...login } })
    expect(stderr).toContain('https://')
    const basic = Buffer.from('ada:canary-secret').toString('base64')
    for (const secret of ['canary-secret', basic, 'jwt.', 'token-']) expect(stdout + stderr).not.toContain(secret)
  })

  it('says on stderr that nothing was found, and prints an empty list', async () => {
    expect(await regctl('search', 'nothing-like-it')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining('nothing at docker.io'),
    })
    expect(JSON.parse((await regctl('search', 'nothing-like-it', '--json')).stdout)).toEqual({
      registry: 'docker.io',
      results: [],
    })
  })

  it('shows what is left of the quota', async () => {
    expect((await regctl('limits')).stdout).toBe(
      'docker.io: 76 of 100 pulls left for this address (192.0.2.7), counted over 6 h 00 min\n',
    )
    expect(JSON.parse((await regctl('limits', '--min', '500', '--json')).stdout)).toEqual({
      registry: 'docker.io',
      limit: 100,
      remaining: 76,
      windowSeconds: 21_600,
      source: '192.0.2.7',
      account: null,
    })
  })

  it('lists repositories by name, and in a table', async () => {
    expect((await regctl('repos', 'docker.io/library')).stdout).toBe('library/nginx\n')
    expect((await regctl('repos', 'docker.io/library', '-l')).stdout).toMatch(
      /^NAME +STARS +PULLS +UPDATED +DESCRIPTION\nlibrary\/nginx +20K /,
    )
    expect((await regctl('repos', 'registry.example:5000', '--long')).stdout).toBe('NAME\ndemo/app\n')
  })

  it('sorts by what is known of the tags, and prints names without --long', async () => {
    expect((await regctl('tags', 'nginx', '--sort', 'pushed')).stdout).toBe('1.27\nalpine\n')
    expect((await regctl('tags', 'nginx', '--newest', '1')).stdout).toBe('alpine\n')
    expect((await regctl('tags', 'nginx', '--sort', 'size', '--reverse', '--limit', '1')).stdout).toBe('1.27\n')
    expect((await regctl('tags', 'nginx', '--older-than', '10y')).stdout).toBe('')
  })

  it('shows how to pull a tag, also pinned', async () => {
    const { tags } = JSON.parse(
      (await regctl('tags', 'nginx', '--long', '--json', '--filter', '1.27', '--pull-command', 'docker')).stdout,
    )
    const { digest, pull } = tags[0]
    expect(pull).toEqual({
      tag: 'docker pull docker.io/library/nginx:1.27',
      digest: `docker pull docker.io/library/nginx@${digest}`,
    })
    const page = await regctl('inspect', 'nginx:1.27', '--pull-command', 'podman')
    expect(page.stdout.split('\n').slice(-3)).toEqual([
      'podman pull docker.io/library/nginx:1.27',
      `podman pull docker.io/library/nginx@${digest}`,
      '',
    ])
    expect(
      JSON.parse((await regctl('inspect', 'nginx:1.27', '--pull-command', 'nerdctl', '--json')).stdout).pull.tag,
    ).toBe('nerdctl pull docker.io/library/nginx:1.27')
  })
})
