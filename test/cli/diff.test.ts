import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Store } from '../../src/store/store.ts'
import { runCli } from '../helpers/cli.ts'
import { testClient } from '../helpers/client.ts'
import { makeImage, makeIndex, seed } from '../helpers/images.ts'
import { startServer, type TestServer } from '../helpers/server.ts'

const platforms = ['linux/amd64', 'linux/arm64']
const [one, two] = [
  makeIndex({ platforms, seed: 'one' }),
  makeIndex({ platforms: [...platforms, 'linux/s390x'], seed: 'two' }),
]
const image = makeImage()
let server: TestServer
let store: Store
beforeAll(async () => {
  server = await startServer()
  store = (await (await testClient()).open(`${server.host}/demo/app`, { change: true })).store
  for (const tag of ['1', 'one']) await seed(store, one, tag)
  await seed(store, two, '2')
  await seed(store, image, 'image')
})
afterAll(() => server.close())
const regctl = (line: string) => runCli(line.replaceAll('REPO', store.location).split(' '))

it.each(['manifest diff', 'inspect', 'diff', 'image diff'])('regctl %s A B', async command => {
  const { code, stdout, stderr } = await regctl(`${command} REPO:1 REPO:2`)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain(`- ${store.location}:1 ${one.root.digest}\n+ ${store.location}:2 ${two.root.digest}\n`)
  expect(stdout).toContain('Platforms  0 the same, 2 changed, 0 removed, 1 added\n')
})

it.each(['manifest diff', 'inspect'])('regctl %s A B --json', async command => {
  const { stdout } = await regctl(`${command} REPO:1 REPO:2 --json --platform linux/arm64`)
  expect(JSON.parse(stdout)).toMatchObject({
    before: { reference: `${store.location}:1`, size: expect.any(Number) },
    same: false,
    newBytes: expect.any(Number),
    layers: { common: { count: 0, size: 0 }, removed: [{}, {}], added: [{}, {}] },
    differences: [
      {
        field: 'labels',
        name: 'org.opencontainers.image.title',
        before: 'one/linux/arm64',
        after: 'two/linux/arm64',
      },
    ],
  })
})

it.each([
  ['manifest diff REPO:1 REPO:2 --exit-code', 1, '- '],
  ['manifest diff REPO:1 REPO:one --exit-code', 0, 'the same: '],
  ['manifest diff REPO:1 REPO:one', 0, 'the same: '],
  ['manifest diff REPO:image REPO:1 --exit-code', 1, 'Platforms  0 the same'],
])('%s ends with %i', async (line, exit, shown) => {
  const { code, stdout, stderr } = await regctl(line)
  expect({ code, stderr }).toEqual({ code: exit, stderr: '' })
  expect(stdout).toContain(shown)
})

it.each([
  ['manifest diff REPO:1', 2, 'needs AFTER'],
  ['manifest diff REPO:1 REPO:nobody', 3, 'there is no tag nobody'],
  ['manifest diff REPO:1 REPO:2 --platform linux/s390x', 3, 'has no image for linux/s390x'],
  ['manifest diff REPO:1 REPO:2 --raw', 2, 'has no flag --raw'],
  ['inspect REPO:1 REPO:2 --raw', 2, 'neither --raw nor --config'],
  ['inspect REPO:1 REPO:2 --config', 2, 'neither --raw nor --config'],
  ['inspect REPO:1 REPO:2 REPO:3', 2, 'does not take'],
])('%s ends with %i', async (line, exit, message) => {
  const { code, stdout, stderr } = await regctl(line)
  expect({ code, stdout }).toEqual({ code: exit, stdout: '' })
  expect(stderr).toContain(message)
})
