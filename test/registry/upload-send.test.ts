import { describe, expect, it } from 'vitest'
import type { HttpRequest, HttpResponse } from '../../src/http/http.ts'
import { registryMemory } from '../../src/registry/endpoint.ts'
import { RegistryStore } from '../../src/registry/store.ts'
import { answer } from '../helpers/http-send.ts'
import { openBytes, randomBlob } from '../helpers/images.ts'

const { bytes, descriptor } = randomBlob(1000)

/** Pushes a blob to a registry that answers so; what was sent stands as `METHOD URL`. */
async function push(respond: (request: HttpRequest) => HttpResponse, at?: string) {
  const sent: string[] = []
  const registry = {
    ...registryMemory('registry.test'),
    name: 'registry.test',
    baseUrl: 'https://registry.test',
    send: async (request: HttpRequest) => {
      sent.push(`${request.method} ${request.url}`)
      return respond(request)
    },
  }
  const store = new RegistryStore(registry, 'demo/app', { write: true })
  const checkpoint = { load: async () => at, save: async () => {}, clear: async () => {} }
  const ended = await store.push(descriptor, openBytes(bytes), { checkpoint }).catch(({ code }) => code)
  return { ended, sent }
}
const opened = ({ url }: HttpRequest, location: string) => answer(202, { url, headers: { location } })

describe('T3: an upload is not sent', () => {
  it.each([
    'http://registry.test/upload',
    'https://169.254.169.254/upload',
    'https://10.0.0.1/upload',
    'https://me:pw@evil.test/',
  ])('to %s', async location => {
    const { ended, sent } = await push(request => opened(request, location))
    expect([ended, sent.map(line => line.split(' ')[0])]).toEqual(['REFUSED', ['POST']])
  })

  it('to where a continued one is led, nor is asked there where it stands', async () => {
    const { sent } = await push(request => {
      if (request.method === 'GET')
        return answer(204, { url: request.url, headers: { range: '0-99', location: 'http://registry.test/x' } })
      return opened(request, 'http://registry.test/y')
    }, 'https://registry.test/upload')
    expect(sent.filter(line => line.includes('http://'))).toEqual([])
    const tampered = await push(request => opened(request, 'http://registry.test/y'), 'https://169.254.169.254/upload')
    expect(tampered.sent.filter(line => line.includes('169.254'))).toEqual([])
  })
})
