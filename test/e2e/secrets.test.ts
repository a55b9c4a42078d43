import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isManifestType, mediaTypes } from '../../src/model/media-types.ts'
import { makeImage } from '../helpers/images.ts'
import { writeLayout } from './layout-folder.ts'
import { type Machine, makeMachine } from './program.ts'
import { type Server, startOdd } from './serving.ts'

const secrets = {
  password: 'pass word/+canary1?é',
  otherPassword: 'canary2:with colon',
  token: `${'e'.repeat(20)}.canary3.${'t'.repeat(30)}`,
  refresh: 'canary4-refresh~token',
  cookie: 'canary5%cookie',
  presigned: 'canary6/signature+with=chars',
  state: 'canary7_state-of-an-upload',
  identity: 'canary8 identity token',
  proxy: 'canary9@proxy',
  realm: 'canary10-in-the-realm',
}
const user = 'ann'
const basic = (password: string) => Buffer.from(`${user}:${password}`).toString('base64')
const forms = Object.values(secrets).flatMap(secret => [
  secret,
  encodeURIComponent(secret),
  encodeURI(secret),
  new URLSearchParams({ secret }).toString().slice('secret='.length),
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  Buffer.from(secret).toString('base64url'),
  basic(secret).replace(/=+$/, ''),
  JSON.stringify(secret).slice(1, -1),
])

describe('T15: no secret in what is printed', () => {
  const image = makeImage()
  let server: Server
  let machine: Machine
  beforeAll(async () => {
    server = await startOdd(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      const body = Buffer.concat(chunks)
      const url = new URL(request.url ?? '', `http://${request.headers.host}`)
      const say = (status: number, value: unknown, headers: Record<string, string> = {}) => {
        const type = { 'content-type': 'application/json' }
        response.writeHead(status, { ...type, 'set-cookie': `session=${secrets.cookie}; Path=/`, ...headers })
        response.end(request.method === 'HEAD' ? undefined : Buffer.isBuffer(value) ? value : JSON.stringify(value))
      }
      const { pathname, searchParams } = url
      if (pathname === '/token') {
        const good = [secrets.password, secrets.otherPassword].map(each => `Basic ${basic(each)}`)
        const granted = body.includes('refresh_token=') || good.includes(request.headers.authorization ?? '')
        if (!granted) return say(401, { errors: [{ code: 'UNAUTHORIZED', message: 'no' }] })
        return say(200, { token: secrets.token, access_token: secrets.token, refresh_token: secrets.refresh })
      }
      if (pathname === '/storage') {
        const kept = searchParams.get('signature') === secrets.presigned && find(searchParams.get('digest'))
        return kept ? say(200, kept.bytes, { 'content-type': mediaTypes.octets }) : say(403, {})
      }
      if (request.headers.authorization !== `Bearer ${secrets.token}`) {
        const realm = `${url.origin}/token?key=${secrets.realm}`
        const scope = 'repository:demo/app:pull,push'
        const challenge = `Bearer realm="${realm}",service="svc",scope="${scope}"`
        return say(401, { errors: [{ code: 'UNAUTHORIZED', message: 'log in' }] }, { 'www-authenticate': challenge })
      }
      if (pathname === '/v2/') return say(200, {})
      if (pathname === '/v2/_catalog') return say(200, { repositories: ['demo/app'] })
      if (pathname.endsWith('/tags/list')) return say(200, { name: 'demo/app', tags: ['one'] })
      if (pathname.startsWith('/v2/denied/')) return say(403, { errors: [{ code: 'DENIED', message: 'never' }] })
      const location = `/v2/demo/app/blobs/uploads/1?_state=${secrets.state}`
      if (request.method === 'POST') return say(202, {}, { location })
      if (request.method === 'PUT') {
        const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`
        return say(201, {}, { location: `/v2/demo/app/${digest}`, 'docker-content-digest': digest })
      }
      const reference = pathname.split('/').at(-1) ?? ''
      const content = find(pathname.startsWith('/v2/demo/app/') && reference === 'one' ? image.root.digest : reference)
      if (!content) return say(404, { errors: [{ code: 'MANIFEST_UNKNOWN', message: 'no such thing' }] })
      const { digest, mediaType } = content.descriptor
      if (isManifestType(mediaType)) {
        const headers = { 'content-type': mediaType, 'content-length': `${content.bytes.length}` }
        return say(200, content.bytes, { ...headers, 'docker-content-digest': digest })
      }
      const signature = encodeURIComponent(secrets.presigned)
      return say(307, {}, { location: `${url.origin}/storage?digest=${digest}&signature=${signature}` })
    })
    machine = makeMachine()
    writeLayout(join(machine.home, 'app'), { one: makeImage() })
    const auths = {
      [server.host]: { auth: basic(secrets.password) },
      'identity.example': { auth: basic('00000000'), identitytoken: secrets.identity },
    }
    writeFileSync(machine.authfile, JSON.stringify({ auths }), { mode: 0o600 })
  })
  afterAll(async () => {
    await server.stop()
    machine.remove()
  })
  const find = (digest: string | null) => [...image.contents.values()].find(each => each.descriptor.digest === digest)

  it.each([
    ['whoami HOST', 0],
    ['whoami identity.example', 0],
    ['repos HOST', 0],
    ['tags HOST/demo/app', 0],
    ['tags HOST/demo/app --long', 0],
    ['tags HOST/denied/app:one', 2],
    ['inspect HOST/demo/app:one', 0],
    ['inspect HOST/demo/app:one --config', 0],
    ['inspect HOST/demo/app:nope', 3],
    ['inspect HOST/denied/app:one', 4],
    ['digest HOST/demo/app:one', 0],
    ['copy HOST/demo/app:one oci:copy:one', 0],
    ['copy HOST/demo/app:one oci:copies:one --progress json', 0],
    ['copy oci:app:one HOST/demo/app:two', 0],
    ['copy oci:app:one HOST/denied/app:two', 4],
    ['inspect registry.invalid/demo/app:one', 6],
    ['login HOST -u ann -p OTHER --store file', 0],
    ['login HOST -u ann --password-stdin --store file', 0],
    ['login HOST -u bob --password-stdin --store file', 4],
    ['logout HOST', 0],
    ['logout --all', 0],
  ])('regctl %s -v, with DEBUG=*', async (line, exit) => {
    const args = line.split(' ').map(word => word.replace('HOST', server.host).replace('OTHER', secrets.otherPassword))
    const { code, stdout, stderr } = await machine.regctl([...args, '-v'], {
      input: secrets.password,
      env: {
        DEBUG: '*',
        HTTPS_PROXY: `http://${user}:${encodeURIComponent(secrets.proxy)}@127.0.0.1:9`,
        DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { 'env.example': { auth: basic(secrets.identity) } } }),
      },
    })
    expect(forms.filter(form => (stdout + stderr).includes(form))).toEqual([])
    expect(code).toBe(exit)
  })
})
