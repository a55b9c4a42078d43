import { expect, it } from 'vitest'
import { testClient } from '../helpers/client.ts'
import { closing } from '../helpers/http-send.ts'
import { startRecorder } from '../helpers/recorder.ts'

/** A web server that greets everybody, as login portals do. */
const portal = async (status: number) =>
  closing(
    await startRecorder((_, response) => {
      response.writeHead(status, { 'content-type': 'text/html' })
      response.end('<!DOCTYPE html><title>Welcome</title>')
    }),
  )

const asks = {
  resolve: async (host: string) => (await (await testClient()).open(`${host}/demo/app:1`)).store.resolve('1'),
  tags: async (host: string) => {
    for await (const _ of (await (await testClient()).openRepository(`${host}/demo/app`)).tags()) return
  },
  repositories: async (host: string) => {
    for await (const _ of (await (await testClient()).catalog(host)).repositories()) return
  },
}

it.each([
  ['resolve', 200, 'SERVER_FAILED'],
  ['tags', 200, 'SERVER_FAILED'],
  ['repositories', 200, 'SERVER_FAILED'],
  ['resolve', 404, 'NOT_FOUND'],
  ['tags', 404, 'NOT_FOUND'],
  ['repositories', 404, 'UNSUPPORTED'],
] as const)('%s of a web server that answers %i says that it may be no registry', async (name, status, code) => {
  const { host } = await portal(status)
  await expect(asks[name](host)).rejects.toMatchObject({
    code,
    message: status === 200 ? expect.stringContaining(`${host} answered with a web page`) : expect.any(String),
    hint: `${host} may not be a registry: check host and port`,
  })
})
