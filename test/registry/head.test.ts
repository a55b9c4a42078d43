import { expect, it } from 'vitest'
import { testClient } from '../helpers/client.ts'
import { closing } from '../helpers/http-send.ts'
import { startRecorder } from '../helpers/recorder.ts'

it('a HEAD that ends in 401 is the end: one token, and no GET that fetches another', async () => {
  const server = closing(
    await startRecorder((request, response) => {
      if (request.url.startsWith('/token')) response.end('{"token":"anybody"}')
      else response.writeHead(401, { 'www-authenticate': 'Bearer realm="/token",service="s"' }).end()
    }),
  )
  const { store, reference } = await (await testClient()).open(`${server.host}/demo/private:1`)
  await expect(store.resolve(reference)).rejects.toMatchObject({
    code: 'UNAUTHORIZED',
    hint: `log in with: regctl login ${server.host}`,
  })
  expect(server.requests.map(({ method, url }) => `${method} ${url.split('?')[0]}`)).toEqual([
    'HEAD /v2/demo/private/manifests/1',
    'GET /token',
    'HEAD /v2/demo/private/manifests/1',
  ])
})
