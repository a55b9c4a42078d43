import { createServer } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { Step } from '../../src/doctor/diagnosis.ts'
import { makeCa } from '../helpers/certs.ts'
import { closing } from '../helpers/http-send.ts'
import { startRecorder } from '../helpers/recorder.ts'
import {
  authfile,
  closedPort,
  type Examined,
  examined,
  folder,
  guardedRegistry,
  registryWithImage,
  startRaw,
} from './surroundings.ts'

const ca = await makeCa('regctl test CA')
const caFile = (host: string, pem = ca.cert) => ['--ca-file', `${host}=${folder().write('ca.pem', pem)}`]
const past = new Date(Date.now() - 3 * 24 * 60 * 60 * 1000)

interface Expected {
  at: Step['name']
  exit: number
  cause: string
  remedy: string
}

/** Each makes what is broken, and examines it. */
const broken: [string, () => Promise<Examined>, Expected][] = [
  [
    'wrong port: nobody listens',
    async () => examined([`${await closedPort()}/team/app`]),
    { at: 'tcp', exit: 6, cause: 'refused the connection', remedy: 'check the port, and that the registry is running' },
  ],
  [
    'wrong port: something else listens',
    async () => examined([`${await startRaw(socket => socket.end('SSH-2.0-OpenSSH_9.2\r\n'))}/team/app`]),
    { at: 'api', exit: 6, cause: 'does not speak HTTP', remedy: 'check the port' },
  ],
  [
    'wrong port: a web server',
    async () => {
      const page = '<!doctype html><html>Welcome to nginx!</html>'
      const web = closing(
        await startRecorder((_, res) => res.writeHead(404, { 'content-type': 'text/html' }).end(page)),
      )
      return examined([`127.0.0.1:${web.port}/team/app`])
    },
    { at: 'api', exit: 3, cause: 'there is no', remedy: 'may not be a registry: check host and port' },
  ],
  [
    'HTTP where HTTPS is due',
    async () => {
      const { host } = await registryWithImage()
      return examined([`${host}/team/app`, ...caFile(host)])
    },
    {
      at: 'tls',
      exit: 6,
      cause: 'speaks plain HTTP where HTTPS was due',
      remedy: 'allow that with --plain-http 127.0.0.1:',
    },
  ],
  [
    'HTTPS where HTTP is spoken',
    async () => {
      const { host } = await registryWithImage({ tls: await ca.issue({ hosts: ['127.0.0.1'] }) })
      return examined([`${host}/team/app`])
    },
    {
      at: 'api',
      exit: 6,
      cause: 'speaks HTTPS, and was spoken to in plain HTTP',
      remedy: 'name its CA with --ca-file',
    },
  ],
  [
    'expired certificate',
    async () => {
      const tls = await ca.issue({ hosts: ['127.0.0.1'], notAfter: past })
      const { host } = await registryWithImage({ tls })
      return examined([`${host}/team/app`, ...caFile(host)])
    },
    {
      at: 'tls',
      exit: 6,
      cause: `has expired (on ${past.toISOString().slice(0, 10)}T`,
      remedy: 'have it renewed, or skip the check with --insecure',
    },
  ],
  [
    'unknown CA',
    async () => {
      const { host } = await registryWithImage({ tls: await ca.issue({ hosts: ['127.0.0.1'] }) })
      return examined([`${host}/team/app`, ...caFile(host, (await makeCa('another')).cert)])
    },
    {
      at: 'tls',
      exit: 6,
      cause: 'is signed by nobody this machine trusts (regctl test CA)',
      remedy: 'name its CA with --ca-file FILE',
    },
  ],
  [
    'a certificate for another name',
    async () => {
      const { host } = await registryWithImage({ tls: await ca.issue({ hosts: ['other.example'] }) })
      return examined([`${host}/team/app`, ...caFile(host)])
    },
    { at: 'tls', exit: 6, cause: 'is for another name (other.example)', remedy: 'use the name in the certificate' },
  ],
  [
    'wrong password, Basic',
    async () => {
      const { host } = await registryWithImage({ users: { ada: 'canary-right' } })
      return examined([`${host}/team/app:1.2`, '--authfile', authfile(host, 'ada', 'canary-wrong')])
    },
    {
      at: 'token',
      exit: 4,
      cause: 'did not accept the login of ada (from ',
      remedy: 'log in anew: regctl login 127.0.0.1:',
    },
  ],
  [
    'wrong password, Bearer',
    async () => {
      const { registry } = await guardedRegistry({ ada: { 'team/app': ['pull'] } })
      const file = authfile(registry.host, 'ada', 'canary-wrong')
      return examined([`${registry.host}/team/app:1.2`, '--authfile', file])
    },
    { at: 'token', exit: 4, cause: 'did not accept the credentials', remedy: 'log in anew: regctl login 127.0.0.1:' },
  ],
  [
    'no login where one is needed',
    async () => {
      const { host } = await registryWithImage({ users: { ada: 'canary-right' } })
      return examined([`${host}/team/app:1.2`])
    },
    { at: 'token', exit: 4, cause: 'wants a login, and there is none', remedy: 'log in with: regctl login 127.0.0.1:' },
  ],
  [
    'no permission',
    async () => {
      const { registry } = await guardedRegistry({ ada: { 'other/app': ['pull'] } })
      const file = authfile(registry.host, 'ada', 'canary-right')
      return examined([`${registry.host}/team/app:1.2`, '--authfile', file])
    },
    {
      at: 'manifest',
      exit: 4,
      cause: 'did not accept the login of ada',
      remedy: 'ada may not pull 127.0.0.1:',
    },
  ],
  [
    'dead proxy',
    async () =>
      examined(['registry.example/team/app'], { HTTPS_PROXY: `http://user:canary-proxy@${await closedPort()}` }),
    {
      at: 'tcp',
      exit: 6,
      cause: 'the proxy cannot be reached: 127.0.0.1:',
      remedy: 'correct or unset HTTPS_PROXY, or add registry.example to NO_PROXY',
    },
  ],
  [
    'a proxy that wants a login',
    async () => {
      const proxy = closing(createServer())
      proxy.on('connect', (_req, socket) => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'))
      await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
      const address = proxy.address()
      const port = typeof address === 'object' ? address?.port : 0
      return examined(['registry.example/team/app'], { HTTPS_PROXY: `http://127.0.0.1:${port}` })
    },
    {
      at: 'tls',
      exit: 6,
      cause: 'does not connect us to registry.example:443 (407)',
      remedy: 'give the proxy its login: HTTPS_PROXY=http://USER:PASSWORD@127.0.0.1:',
    },
  ],
  [
    'a proxy that is none',
    () => examined(['registry.example/team/app'], { HTTPS_PROXY: 'socks5://canary-proxy' }),
    { at: 'proxy', exit: 2, cause: 'HTTPS_PROXY does not name a proxy', remedy: 'SOCKS proxies are not supported' },
  ],
  [
    'DNS failure',
    () => examined(['no-such-registry.invalid/team/app']),
    { at: 'dns', exit: 6, cause: 'no-such-registry.invalid', remedy: 'check the' },
  ],
  [
    'T2: a realm at the metadata service',
    async () => {
      const challenge = 'Bearer realm="http://169.254.169.254/latest/meta-data",service="x"'
      const odd = closing(
        await startRecorder((_, res) => res.writeHead(401, { 'www-authenticate': challenge }).end('{}')),
      )
      return examined([`127.0.0.1:${odd.port}/team/app`])
    },
    {
      at: 'challenge',
      exit: 1,
      cause: 'sends us to a token server at an internal address (169.254.169.254)',
      remedy: 'ask whoever runs the registry to correct its token realm',
    },
  ],
  [
    'T2: a realm at a private address',
    async () => {
      // A registry that is no neighbour: it is behind a proxy, which is all there is of it here.
      const challenge = 'Bearer realm="http://10.0.0.1/token",service="x"'
      const proxy = closing(
        await startRecorder((_, res) => res.writeHead(401, { 'www-authenticate': challenge }).end('{}')),
      )
      return examined(['registry.example/team/app', '--plain-http', 'registry.example'], {
        HTTP_PROXY: `http://127.0.0.1:${proxy.port}`,
      })
    },
    {
      at: 'challenge',
      exit: 1,
      cause: 'sends us to a token server at an internal address (10.0.0.1)',
      remedy: 'ask whoever runs the registry to correct its token realm',
    },
  ],
  [
    'T2: a realm elsewhere, and a password that was never meant for it',
    async () => {
      const challenge = 'Bearer realm="http://tokens.example/token",service="x"'
      const odd = closing(
        await startRecorder((_, res) => res.writeHead(401, { 'www-authenticate': challenge }).end('{}')),
      )
      const host = `127.0.0.1:${odd.port}`
      return examined([`${host}/team/app`, '--authfile', authfile(host, 'ada', 'canary-right')])
    },
    {
      at: 'challenge',
      exit: 1,
      cause: 'a token server on another host (tokens.example) that was never confirmed',
      remedy: "run 'regctl login 127.0.0.1:",
    },
  ],
  [
    'rate limited',
    async () => {
      const { host } = await registryWithImage({
        wrap: handler => (req, res) => {
          if (!req.url?.includes('/manifests/')) return handler(req, res)
          const headers = { 'retry-after': '600', 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '0;w=21600' }
          res.writeHead(429, headers).end('You have reached your pull rate limit.')
        },
      })
      return examined([`${host}/team/app:1.2`])
    },
    { at: 'manifest', exit: 5, cause: 'limits requests', remedy: 'wait 600 seconds, or log in' },
  ],
  [
    'rate limited at the door',
    async () => {
      const odd = closing(await startRecorder((_, res) => res.writeHead(429).end()))
      return examined([`127.0.0.1:${odd.port}/team/app`])
    },
    { at: 'api', exit: 5, cause: 'limits requests', remedy: 'log in: accounts have higher limits' },
  ],
  [
    'an image that is not there',
    async () => {
      const { host } = await registryWithImage()
      return examined([`${host}/team/app:9`])
    },
    {
      at: 'manifest',
      exit: 3,
      cause: 'there is no tag 9 of 127.0.0.1:',
      remedy: 'see what there is: regctl tags 127.0.0.1:',
    },
  ],
  [
    'a storage that cannot be reached',
    async () => {
      const storage = await closedPort()
      const { host } = await registryWithImage({
        wrap: handler => (req, res) => {
          if (!req.url?.includes('/blobs/')) return handler(req, res)
          res.writeHead(307, { location: `http://${storage}/data?X-Amz-Signature=canary-signed` }).end()
        },
      })
      return examined([`${host}/team/app:1.2`])
    },
    { at: 'blob', exit: 6, cause: 'refused the connection', remedy: 'blobs come from 127.0.0.1:' },
  ],
  [
    'a registry that is down',
    async () => {
      const odd = closing(await startRecorder((_, res) => res.writeHead(503).end('maintenance')))
      return examined([`127.0.0.1:${odd.port}/team/app`])
    },
    { at: 'api', exit: 6, cause: 'failed on its API: maintenance', remedy: 'try again in a few minutes' },
  ],
  [
    'a server that is silent',
    async () => examined([`${await startRaw(() => {})}/team/app`, '--connect-timeout', '0.4']),
    { at: 'api', exit: 6, cause: 'did not answer for 1.2 seconds', remedy: 'check the port' },
  ],
  [
    'a server that is silent, where HTTPS is due',
    async () => {
      const host = await startRaw(() => {})
      return examined([`${host}/team/app`, '--insecure', host, '--connect-timeout', '0.4'])
    },
    { at: 'tls', exit: 6, cause: 'did not answer', remedy: 'check the network' },
  ],
  [
    'a server without /v2/, in plain text',
    async () => {
      const odd = closing(await startRecorder((_, res) => res.writeHead(404).end('404 page not found')))
      return examined([`127.0.0.1:${odd.port}/team/app`])
    },
    { at: 'api', exit: 3, cause: "there is no registry's API at 127.0.0.1:", remedy: 'may not be a registry' },
  ],
  [
    'a token service that answers with a page',
    async () => {
      const odd = closing(
        await startRecorder((req, res) => {
          const realm = `http://${req.headers.host}/token`
          if (req.url?.startsWith('/token')) res.writeHead(200).end('<html>log in</html>')
          else res.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="x"` }).end()
        }),
      )
      return examined([`127.0.0.1:${odd.port}/team/app:1.2`])
    },
    { at: 'token', exit: 6, cause: 'cannot be used', remedy: 'a proxy or a login page' },
  ],
  [
    'a registry that fails on every manifest',
    async () => {
      const odd = closing(
        await startRecorder((req, res) => {
          res.writeHead(req.url === '/v2/' ? 200 : 500).end()
        }),
      )
      return examined([`127.0.0.1:${odd.port}/team/app:1.2`])
    },
    { at: 'manifest', exit: 6, cause: 'status 500', remedy: 'its log says why' },
  ],
]

describe('what is broken is named, with a remedy', () => {
  it.each(broken)('%s', async (_what, examine, { at, exit, cause, remedy }) => {
    const { code, stdout, stderr, steps } = await examine()
    const first = steps.find(({ status }) => status === 'failed')
    expect(first).toMatchObject({ name: at, summary: expect.stringContaining(cause) })
    expect(first?.hint).toContain(remedy)
    expect({ code, stderr }).toEqual({ code: exit, stderr: '' })
    // T15: no password, signature or proxy's login is shown.
    expect(stdout).not.toMatch(/canary/)
  })

  it('what lies behind a failure is not looked at, and says behind which', async () => {
    const { step, states } = await examined([`${await closedPort()}/team/app`])
    expect(states.filter(state => state.endsWith('skipped'))).toHaveLength(9)
    expect(step('limits')).toMatchObject({ summary: 'not looked at, as tcp failed', details: { because: 'tcp' } })
  })
})
