import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { memoryRepositories } from '../../../src/server/repositories.ts'
import { closing } from '../http-send.ts'
import { type Sample, seed } from '../images.ts'
import { startServer, type TestServer } from '../server.ts'

/** What a mirror does wrong; each is something that public mirrors were seen to do. */
export type Quirk =
  /** None: a pull-through cache that works. */
  | 'good'
  /** Nobody listens there any more. */
  | 'down'
  /** It accepts connections and answers nothing. */
  | 'silent'
  /** It gives the first bytes of a blob, and then nothing. */
  | 'stuck'
  /** Its tags name what was current long ago. */
  | 'stale'
  /** Right sizes and labels, wrong bytes. */
  | 'lying'
  /** It does not have the image. */
  | 'lacking'
  /** It has the manifests and none of the blobs. */
  | 'hollow'
  /** It wants a user for everything, and names a token service of its own. */
  | 'login'
  /** It wants Basic. */
  | 'basic'
  /** It sends readers of blobs into a private network. */
  | 'evil'
  /** It gives half of a blob and says that this is all. */
  | 'short'
  /** It closes connections in the middle of a blob. */
  | 'cut'
  /** It answers 500 to everything. */
  | 'broken'
  /** It limits requests. */
  | 'limited'
  /** It answers with a page for people. */
  | 'page'
  /** It gives blobs whole, whatever part is asked for. */
  | 'whole'
  /** Each answer takes a while. */
  | 'slow'

export interface MirrorServer extends TestServer {
  /** What anybody sent it as Authorization. */
  logins(): string[]
}

export interface MirrorOptions {
  /** Images it has, and their tags. */
  images?: readonly { repository: string; sample: Sample; tag?: string }[]
  /** Where an evil one sends its readers. */
  target?: string
}

/** A mirror on the loopback, closed when the test is over. */
export async function startMirror(
  quirk: Quirk,
  { images = [], target = '' }: MirrorOptions = {},
): Promise<MirrorServer> {
  const repositories = memoryRepositories()
  const blobs = new Map<string, Buffer>()
  for (const { repository, sample, tag } of quirk === 'lacking' ? [] : images) {
    await seed(await repositories.create(repository), sample, tag)
    for (const { descriptor, bytes } of sample.contents.values()) blobs.set(descriptor.digest, bytes)
  }
  const server = await startServer({ repositories, wrap: behaviours[quirk]({ blobs, target }) })
  if (quirk === 'down') await server.close()
  else closing(server)
  return {
    ...server,
    logins: () =>
      server.requests.flatMap(({ headers }) => (headers.authorization ? [String(headers.authorization)] : [])),
  }
}

interface Scene {
  blobs: ReadonlyMap<string, Buffer>
  target: string
}

type Wrap = (handler: RequestListener) => RequestListener

const json = { 'content-type': 'application/json' }
const errors = (code: string) => JSON.stringify({ errors: [{ code, message: 'a test' }] })

const asIs = (): Wrap => handler => handler

const always =
  (status: number, headers: Readonly<Record<string, string>>, body = '') =>
  (): Wrap =>
  () =>
  (_, response) => {
    response.writeHead(status, headers).end(body)
  }

const onBlobs =
  (answer: (response: ServerResponse, bytes: Buffer, scene: Scene, request: IncomingMessage) => void) =>
  (scene: Scene): Wrap =>
  handler =>
  (request, response) => {
    const [, digest] = /\/blobs\/(sha256:[0-9a-f]+)/.exec(request.url ?? '') ?? []
    const bytes = digest === undefined ? undefined : scene.blobs.get(digest)
    if (request.method !== 'GET' || !bytes) handler(request, response)
    else answer(response, bytes, scene, request)
  }

const behaviours: Readonly<Record<Quirk, (scene: Scene) => Wrap>> = {
  good: asIs,
  down: asIs,
  stale: asIs,
  lacking: asIs,
  silent: () => () => () => {},
  stuck: onBlobs((response, bytes) => {
    response.writeHead(200, { 'content-length': bytes.length })
    response.write(bytes.subarray(0, bytes.length >> 1))
  }),
  lying: onBlobs((response, bytes) => {
    response.writeHead(200, { 'content-length': bytes.length }).end(bytes.map(byte => byte ^ 0xff))
  }),
  hollow: onBlobs(response => {
    response.writeHead(404, json).end(errors('BLOB_UNKNOWN'))
  }),
  login: () => () => (request, response) => {
    if (request.url?.startsWith('/token')) response.writeHead(401, json).end('{"details":"wrong user"}')
    else {
      const challenge = `Bearer realm="http://${request.headers.host}/token",service="mirror"`
      response.writeHead(401, { ...json, 'www-authenticate': challenge }).end(errors('UNAUTHORIZED'))
    }
  },
  basic: always(401, { ...json, 'www-authenticate': 'Basic realm="mirror"' }, errors('UNAUTHORIZED')),
  evil: onBlobs((response, _, { target }) => {
    response.writeHead(307, { location: target }).end()
  }),
  short: onBlobs((response, bytes) => {
    const half = bytes.subarray(0, bytes.length >> 1)
    response.writeHead(200, { 'content-length': half.length }).end(half)
  }),
  cut: onBlobs((response, bytes) => {
    response.writeHead(200, { 'content-length': bytes.length })
    response.write(bytes.subarray(0, bytes.length >> 1), () => response.socket?.destroy())
  }),
  whole: onBlobs((response, bytes) => {
    response.writeHead(200, { 'content-length': bytes.length }).end(bytes)
  }),
  slow: () => handler => (request, response) => {
    setTimeout(handler, 300, request, response)
  },
  broken: always(500, json, errors('UNKNOWN')),
  limited: always(429, { ...json, 'retry-after': '3600' }, errors('TOOMANYREQUESTS')),
  page: always(200, { 'content-type': 'text/html' }, '<!DOCTYPE html><html><body>Welcome</body></html>'),
}
