import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createIndex } from '../../src/compose/compose.ts'
import { makeImage, seed } from '../helpers/images.ts'
import type { Contents } from '../helpers/registries/contents.ts'
import { createDistribution } from '../helpers/registries/distribution.ts'
import { createHub } from '../helpers/registries/hub.ts'
import { startWorld, type World } from '../helpers/registries/world.ts'
import { commandBlocks, commandsIn, type PageCommand, shapeOf } from './commands.ts'
import { openShell, type Shell } from './page.ts'

const root = join(import.meta.dirname, '..', '..')
const read = (page: string) => readFileSync(join(root, page), 'utf8')
const repository = 'team/app'
const platforms = ['linux/amd64', 'linux/arm64/v8']

/** Builds for two platforms, and an index of them under each tag; of 1.3.0 the images have tags as well. */
async function build({ repositories }: Contents, tags: Readonly<Record<string, string[]>>): Promise<void> {
  const store = await repositories.create(repository)
  for (const [name, names] of Object.entries(tags)) {
    const sources = []
    for (const platform of platforms) {
      const image = makeImage({ platform, seed: `${name}/${platform}`, layers: [3 * 1024 * 1024, 400_000] })
      await seed(store, image, name === '1.3.0' ? `${name}-${platform.split('/')[1]}` : undefined)
      sources.push({ place: { store, reference: image.root.digest } })
    }
    for (const reference of names) await createIndex({ store, reference }, sources)
  }
}

/** A registry that wants a password, two without, and Docker Hub. */
async function registries() {
  const quirks = { version: '3.1' } as const
  const main = createDistribution({ host: 'registry.example', users: { ada: 'secret', ci: 'secret' }, quirks })
  const others = ['staging.example', 'eu.example', 'backup.example'].map(host => createDistribution({ host, quirks }))
  const quota = { limit: 100, remaining: 76, windowSeconds: 21_600, source: '192.0.2.7' }
  const hub = createHub({ quirks: { quota } })
  return {
    main,
    staging: others[0]?.contents,
    hosts: Object.assign({}, main.hosts, hub.hosts, ...others.map(({ hosts }) => hosts)),
  }
}

function typed(
  title: string,
  {
    commands,
    fill,
  }: { commands: PageCommand[]; fill: (made: Awaited<ReturnType<typeof registries>>) => Promise<void> },
) {
  describe(title, () => {
    let world: World
    let shell: Shell
    beforeAll(async () => {
      const made = await registries()
      await fill(made)
      world = await startWorld(made.hosts)
      shell = await openShell({ ...world.env, TOKEN: 'secret', REGISTRY_PASSWORD: 'secret' })
      shell.write('report.json', '{}')
    }, 180_000)
    afterAll(async () => {
      await world.close()
      shell.close()
    })

    /** In one home, one after the other, as a reader would. */
    it.each(commands.map(command => [command.line, command] as const))(
      '$ %s',
      async (_, { line, code, output }) => {
        const run = await shell.run(line)
        expect(run.code, run.stderr).toBe(code)
        if (output.length > 0) expect(shapeOf(run.stdout.trimEnd().split('\n'))).toEqual(shapeOf(output))
      },
      180_000,
    )
  })
}

// The login stands below its first use of the registry; what was killed is shown by test/e2e/kill.test.ts.
const readme = commandsIn(read('README.md')).filter(({ line }) => !line.includes('localhost:'))
const [login] = readme.filter(({ line }) => line.includes('regctl login'))
typed('README.md', {
  commands: [...(login ? [login] : []), ...readme.filter(command => command !== login)],
  fill: ({ main }) => build(main.contents, { one: ['1.1.0'], two: ['1.2.0', '1.2', 'latest'] }),
})

typed('docs/ci.md', {
  commands: commandsIn(read('docs/ci.md')),
  async fill({ main, staging }) {
    await build(main.contents, { seven: ['pr-7'] })
    if (staging) await build(staging, { two: ['1.2.0'], '1.3.0': ['next'] })
  },
})

it('docs/ci.md has the same commands in Chinese', () => {
  expect(commandBlocks(read('docs/ci.zh-CN.md'))).toEqual(commandBlocks(read('docs/ci.md')))
})

it('the Chinese page has the same blocks, and the same commands in its tables', () => {
  const [english, chinese] = [read('README.md'), read('README.zh-CN.md')]
  const code = (text: string) => text.match(/^```(?:ts)?\n[\s\S]*?^```$/gm)
  expect(code(chinese)).toEqual(code(english))
  const cells = (text: string) =>
    [...text.matchAll(/^\| .* \| (`regctl .*) \|$/gm)].map(([, cell = '']) => cell.match(/`[^`]*`/g))
  expect(cells(chinese)).toEqual(cells(english))
  expect(cells(english).length).toBeGreaterThan(25)
})

it('both have commands that are run', () => {
  expect(readme.length).toBeGreaterThan(5)
  expect(commandsIn(read('docs/ci.md')).length).toBeGreaterThan(12)
})
