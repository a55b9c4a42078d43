import { afterAll, beforeAll } from 'vitest'
import { testClient } from '../helpers/client.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { describeStore } from '../store/contract.ts'

let server: TestServer
let made = 0
beforeAll(async () => {
  server = await startServer()
})
afterAll(async () => {
  await server.close()
})

describeStore('RegistryStore over our own server', make, { retagging: true })

async function make() {
  // A client for each: what one knows of a blob elsewhere in the registry would turn uploads into mounts.
  const open = async () => (await (await testClient()).open(place)).store
  const place = `${server.host}/contract/repository-${made++}`
  return { store: await open(), reopen: open }
}
