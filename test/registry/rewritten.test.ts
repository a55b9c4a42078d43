import { expect, it } from 'vitest'
import type { HttpRequest } from '../../src/http/http.ts'
import { registryMemory } from '../../src/registry/endpoint.ts'
import { RegistryStore } from '../../src/registry/store.ts'
import { answer } from '../helpers/http-send.ts'
import { makeImage, openBytes } from '../helpers/images.ts'

const { root, contents } = makeImage()
const both = ['DIGEST_INVALID', 'MANIFEST_BLOB_UNKNOWN']

/** Puts the manifest of an image where each PUT is answered by the next of these lists of codes, and at last with 201. */
async function put(answers: readonly (readonly string[])[], status = 400) {
  const sent: HttpRequest[] = []
  const left = [...answers]
  const registry = {
    ...registryMemory('registry.test'),
    name: 'registry.test',
    baseUrl: 'https://registry.test',
    send: async (request: HttpRequest) => {
      sent.push(request)
      const codes = left.shift()
      const text = codes && JSON.stringify({ errors: codes.map(code => ({ code })) })
      return codes ? answer(status, { url: request.url, text }) : answer(201, { url: request.url })
    },
  }
  const store = new RegistryStore(registry, 'team/app', { write: true })
  const outcome = await store
    .push(root, openBytes(contents.get(root.digest)?.bytes ?? Buffer.alloc(0)), { tag: 'v1' })
    .catch(error => error.code)
  return { outcome, puts: sent.filter(({ method }) => method === 'PUT').length }
}

it.each<[string, string[][], number, string, number]>([
  ['a link that is just being written', [both], 400, 'pushed', 2],
  ['two of them', [both, [...both].reverse()], 400, 'pushed', 3],
  ['one that stays so', [both, both, both, both, both], 400, 'CONTENT_MISMATCH', 4],
  ['a blob that is missing', [['MANIFEST_BLOB_UNKNOWN']], 400, 'NOT_FOUND', 1],
  ['another digest', [['DIGEST_INVALID']], 400, 'CONTENT_MISMATCH', 1],
  ['another status', [both], 404, 'CONTENT_MISMATCH', 1],
])('of a manifest that is refused for %s', async (_title, answers, status, outcome, puts) => {
  expect(await put(answers, status)).toEqual({ outcome, puts })
})
