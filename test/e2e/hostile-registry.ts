import type { RequestListener } from 'node:http'
import { mediaTypes } from '../../src/model/media-types.ts'
import { type Content, json, randomBlob } from '../helpers/images.ts'

/** Title, clear screen, CSI as one byte, a bidi override, a line of its own for GitHub Actions, and a word to find it by. */
export const evil = 'MARK\x1b]0;x\x07\x1b[2J\x9b31m\u202eabc\u2066\u200e\r\n::set-output name=a::b\u2028\x7f\0'
/** As much of it as a header can carry: HTTP knows bytes, of which some are C1 controls and UTF-8. */
export const evilHeader = Buffer.from('MARK\u009b31m\u202eabc\u2028', 'utf8').toString('latin1')

const layer = randomBlob(200, mediaTypes.ociLayerGzip, 'hostile')
const config = json(mediaTypes.ociConfig, {
  created: evil,
  author: evil,
  os: `linux${evil}`,
  architecture: `amd64${evil}`,
  variant: evil,
  config: {
    Entrypoint: [evil],
    Cmd: [evil],
    Env: [`A=${evil}`],
    WorkingDir: evil,
    User: evil,
    ExposedPorts: { [evil]: {} },
    Volumes: { [evil]: {} },
    Labels: { [evil]: evil },
  },
  rootfs: { type: 'layers', diff_ids: [layer.descriptor.digest] },
  history: [{ created: evil, created_by: evil, comment: evil, author: evil }],
})
const image = json(mediaTypes.ociManifest, {
  schemaVersion: 2,
  mediaType: mediaTypes.ociManifest,
  artifactType: `application/${evil}`,
  config: config.descriptor,
  layers: [{ ...layer.descriptor, annotations: { [evil]: evil } }],
  annotations: { [evil]: evil },
})
const artifact = json(mediaTypes.ociManifest, {
  schemaVersion: 2,
  mediaType: mediaTypes.ociManifest,
  artifactType: evil,
  config: { ...config.descriptor, mediaType: evil },
  layers: [{ ...layer.descriptor, mediaType: evil }],
})
const index = json(mediaTypes.ociIndex, {
  schemaVersion: 2,
  mediaType: mediaTypes.ociIndex,
  manifests: [
    { ...image.descriptor, platform: { os: evil, architecture: evil, variant: evil, 'os.version': evil } },
    { ...image.descriptor, platform: { os: 'linux', architecture: 'amd64' }, annotations: { [evil]: evil } },
  ],
  annotations: { [evil]: evil },
})
const named: Readonly<Record<string, Content>> = { one: image, artifact, index }
const all = [layer, config, image, artifact, index]

/** Answers every request with as much hostile text as fits the protocol. */
export const hostile: RequestListener = (request, response) => {
  const { pathname } = new URL(request.url ?? '', 'http://x')
  const [kind = '', name = ''] = pathname.split('/').slice(-2)
  response.setHeader('warning', `299 - "${evilHeader}"`)
  const say = (status: number, body: unknown, headers: Record<string, string> = {}) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(request.method === 'HEAD' ? undefined : JSON.stringify(body))
  }
  const errors = [{ code: evil, message: evil, detail: { [evil]: evil } }]
  if (pathname.startsWith('/v2/locked/'))
    return say(401, { errors }, { 'www-authenticate': `Basic realm="${evilHeader}"` })
  if (pathname.startsWith('/v2/token/')) {
    return say(401, { errors }, { 'www-authenticate': `Bearer realm="${evilHeader}",service="${evilHeader}"` })
  }
  if (pathname.startsWith('/v2/denied/')) return say(403, { errors })
  if (pathname.startsWith('/v2/moved/')) return say(307, { errors }, { location: `http://x/${evilHeader}` })
  if (pathname.startsWith('/v2/page/')) {
    response.writeHead(403, { 'content-type': 'text/html' }).end(`<html>${evil}</html>`)
    return
  }
  if (pathname === '/v2/') return say(200, {})
  if (pathname === '/v2/_catalog') return say(200, { repositories: ['fine/app', evil, `bad/${evil}`] })
  if (name === 'list') return say(200, { name: evil, tags: ['one', `bad${evil}`, 'index'] })
  const content = named[name] ?? all.find(each => each.descriptor.digest === name)
  if (!content) return say(404, { errors })
  if (kind === 'uploads') return say(202, {}, { location: `/v2/x/blobs/uploads/${evilHeader}` })
  response.writeHead(200, {
    'content-type': kind === 'blobs' ? mediaTypes.octets : content.descriptor.mediaType.replaceAll(/[^ -~]/g, ''),
    'content-length': content.bytes.length,
    'docker-content-digest': content.descriptor.digest,
  })
  response.end(request.method === 'HEAD' ? undefined : content.bytes)
}
