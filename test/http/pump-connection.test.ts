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

  it('leaves the connection to others when that is told', async () => {
    const { link, socket, status, isFree } = await answeredEarly(created)
    expect(status).toBe(201)
    expect(isFree()).toBe(false)
    await turn()
    expect(isFree()).toBe(false)
    link.sent(true)
    expect(isFree()).toBe(true)
    expect(socket.destroyed).toBe(false)
    socket.destroy()
  })

  it('closes it when the rest never goes out: half a request leaves no room for another', async () => {
    const { link, socket, isFree } = await answeredEarly(created)
    link.sent(false)
    expect(isFree()).toBe(false)
    expect(socket.destroyed).toBe(true)
  })

  it.each([true, false])('leaves it to others after a refusal when that is told within the turn: %s', async isTold => {
    const { link, socket, isFree } = await answeredEarly(created.replace('201 Created', '401 Unauthorized'))
    if (isTold) link.sent(true)
    await turn()
    expect(isFree()).toBe(isTold)
    expect(socket.destroyed).toBe(!isTold)
    socket.destroy()
  })
})
