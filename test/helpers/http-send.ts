import { Readable } from 'node:stream'
import { afterEach } from 'vitest'
import { readAll } from '../../src/http/body.ts'
import type { HttpRequest, HttpResponse, RequestBody, Send } from '../../src/http/http.ts'
import { createWire, type WireOptions } from '../../src/http/wire.ts'

/** Runs after the test that asked for it, last one first. */
const closings: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close()
})

/** Registers what has to be closed when the test is over, and hands it back. */
export function closing<T extends { close(): unknown }>(thing: T): T {
  closings.push(() => thing.close())
  return thing
}

/** A wire that is closed when the test is over. */
export function testWire(options: Partial<WireOptions> = {}): Send {
  return closing(createWire({ userAgent: 'regctl-test', ...options })).send
}

export interface Answer {
  status: number
  text: string
  url: string
  headers: HttpResponse['headers']
}

/** Sends and reads the whole answer. */
export async function ask(send: Send, request: Partial<HttpRequest> & { url: string }): Promise<Answer> {
  const response = await send({ method: 'GET', ...request })
  const text = (await readAll(response, 64 * 1024 * 1024)).toString()
  return { status: response.status, text, url: response.url, headers: response.headers }
}

/** A body that can be opened again, and counts how often it was. */
export function bodyOf(content: string | Buffer): RequestBody & { opened: number } {
  const bytes = Buffer.from(content)
  const body = {
    opened: 0,
    size: bytes.length,
    open: async (offset = 0) => {
      body.opened++
      return Readable.from(bytes.length > 0 ? [bytes.subarray(offset)] : [])
    },
  }
  return body
}

/** An answer made by hand, for layers that need no network. */
export function answer(
  status: number,
  { url = 'https://registry.test/v2/', headers = {}, text = '' }: Partial<Answer> = {},
): HttpResponse {
  return { status, headers, url, body: Readable.from(text === '' ? [] : [Buffer.from(text)]) }
}
