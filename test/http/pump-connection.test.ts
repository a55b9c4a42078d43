import { type ConnectOpts, connect } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { PumpConnection } from '../../src/http/pump-connection.ts'
import { createSlabPool } from '../../src/http/slabs.ts'
import { startRaw } from '../helpers/raw.ts'

/** A connection that has asked with a body, and then reads the whole answer; the server says nothing by itself. */
async function answeredEarly(answer: string) {
  const { port } = await startRaw(() => {})
  const socket = connect({ host: '127.0.0.1', port })
  let onread: ConnectOpts['onread']
  const link = new PumpConnection(given => {
    onread = given
    return socket
  }, 'connect')
  await link.ready
  let isFree = false
  const answering = link.ask('PUT / HTTP/1.1\r\nContent-Length: 4\r\n\r\n', {
    method: 'PUT',
    hasBody: true,
    pool: createSlabPool(1024),
    onWait: () => {},
    onFree: () => {
      isFree = true
    },
    describe: error => error,
  })
  const { buffer } = onread ?? {}
  const room = typeof buffer === 'function' ? buffer() : Buffer.alloc(0)
  onread?.callback(Buffer.from(room.buffer, room.byteOffset).write(answer, 'latin1'), room)
  return { link, socket, status: (await answering).status, isFree: () => isFree }
}

describe('an answer that is read before the request is known to be out', () => {
  const created = 'HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n'

  it('leaves the connection to others when that is told within the turn', async () => {
    const { link, socket, status, isFree } = await answeredEarly(created)
    expect(status).toBe(201)
    expect(isFree()).toBe(false)
    link.isSent = true
    await turn()
    expect(isFree()).toBe(true)
    expect(socket.destroyed).toBe(false)
    socket.destroy()
  })

  it('closes it when it is not: half a request leaves no room for another', async () => {
    const { socket, isFree } = await answeredEarly(created)
    await turn()
    expect(isFree()).toBe(false)
    expect(socket.destroyed).toBe(true)
  })
})
