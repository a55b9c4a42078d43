import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { expect, it } from 'vitest'
import { createReceiver } from '../../src/webhook/receiver.ts'
import { closing } from '../helpers/http-send.ts'

it('finishes when each request has been counted, also one that never comes whole', async () => {
  const receiver = createReceiver({ path: '/', concurrency: 1, capacity: 1, deliver: async () => {} })
  const server = createServer(receiver.handler).listen(0, '127.0.0.1')
  closing({ close: () => server.close() })
  await once(server, 'listening')
  const asked = once(server, 'request')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{')
  await asked
  const finished = receiver.finish()
  socket.destroy()
  await finished
  expect(receiver.tally).toMatchObject({ requests: 1, refused: { broken: 1 } })
})
