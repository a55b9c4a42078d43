import { describe, expect, it } from 'vitest'
import { makeCa } from '../helpers/certs.ts'
import { closing } from '../helpers/http-send.ts'
import { startRecorder } from '../helpers/recorder.ts'
import { authfile, examined, folder, guardedRegistry, registryWithImage } from './surroundings.ts'

const all = [
  'name',
  'proxy',
  'dns',
  'tcp',
  'tls',
  'api',
  'credential',
  'challenge',
  'token',
  'manifest',
  'blob',
  'clock',
  'features',
  'limits',
]
const whole = (tls: string) => all.map(name => `${name}: ${name === 'tls' ? tls : 'ok'}`)

describe('a registry that is well', () => {
  it('anonymous, in plain HTTP', async () => {
    const { host, requests } = await registryWithImage()
    const { code, states, step } = await examined([`${host}/team/app:1.2`])
    expect({ code, states }).toEqual({ code: 0, states: whole('skipped') })
    expect(step('name').details).toMatchObject({ registry: host, repository: 'team/app', tag: '1.2' })
    expect(step('manifest').details).toMatchObject({ reference: '1.2', digest: expect.stringMatching(/^sha256:/) })
    expect(step('blob')).toMatchObject({
      summary: 'the registry gives it itself',
      details: { status: 206, ranges: true, redirects: [] },
    })
    expect(step('features').details).toMatchObject({ catalog: true, tags: true, referrers: true, ranges: true })
    expect(step('clock').details).toMatchObject({ seconds: expect.any(Number) })
    // Nothing is changed to find out.
    expect(requests.filter(({ method }) => !['GET', 'HEAD', 'OPTIONS'].includes(method))).toEqual([])
  })

  it('with Basic', async () => {
    const { host } = await registryWithImage({ users: { ada: 'canary-right' } })
    const { code, states, step, stdout } = await examined([
      `${host}/team/app:1.2`,
      '--authfile',
      authfile(host, 'ada', 'canary-right'),
    ])
    expect({ code, states }).toEqual({ code: 0, states: whole('skipped') })
    expect(step('credential').summary).toMatch(/^ada, from: .*config\.json/)
    expect(step('token').summary).toContain('takes the login of ada')
    expect(stdout).not.toContain('canary')
  })

  it('with Bearer: what was asked for, and what was granted', async () => {
    const { registry, tokens } = await guardedRegistry({ ada: { 'team/app': ['pull', 'push'] } })
    const file = authfile(registry.host, 'ada', 'canary-right')
    const { code, states, step, stdout } = await examined([`${registry.host}/team/app:1.2`, '--authfile', file])
    expect({ code, states }).toEqual({ code: 0, states: whole('skipped') })
    expect(step('challenge').details).toEqual({
      challenges: [
        { scheme: 'bearer', realm: tokens.realm, service: 'registry.test', scope: 'repository:team/app:pull' },
      ],
    })
    expect(step('token').details).toMatchObject({
      scopes: ['repository:team/app:pull'],
      granted: ['repository:team/app:pull'],
      readable: true,
      subject: 'ada',
      expires: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    })
    expect(stdout).not.toMatch(/canary|eyJ/)
    expect(tokens.requests).toHaveLength(1)
  })

  it('with Bearer, anonymously', async () => {
    const { registry } = await guardedRegistry({ '': { 'team/app': ['pull'] } })
    const { code, step } = await examined([`${registry.host}/team/app:1.2`])
    expect(code).toBe(0)
    expect(step('credential').summary).toBe('nobody is logged in: pulls are anonymous')
    expect(step('manifest').status).toBe('ok')
  })

  it('over TLS: the chain, and who vouches for it', async () => {
    const ca = await makeCa('regctl test CA')
    const year = new Date(Date.now() + 365 * 24 * 60 * 60 * 1000)
    const { host } = await registryWithImage({
      tls: await ca.issue({ hosts: ['127.0.0.1', 'registry.example'], notAfter: year }),
    })
    const file = folder().write('ca.pem', ca.cert)
    const { code, states, step } = await examined([`${host}/team/app:1.2`, '--ca-file', `${host}=${file}`])
    expect({ code, states }).toEqual({ code: 0, states: whole('ok') })
    expect(step('tls').details).toMatchObject({
      protocol: 'TLSv1.3',
      authorized: true,
      trust: ['the roots of this machine', file],
      chain: [
        {
          subject: '127.0.0.1',
          issuer: 'regctl test CA',
          names: ['127.0.0.1', 'registry.example'],
          until: expect.stringMatching(/Z$/),
        },
        { subject: 'regctl test CA', issuer: 'regctl test CA' },
      ],
    })
  })

  it('the registry alone', async () => {
    const { host } = await registryWithImage()
    const { code, states, step } = await examined([host])
    expect(code).toBe(0)
    expect(states.filter(state => /manifest|blob/.test(state))).toEqual(['manifest: skipped', 'blob: skipped'])
    expect(step('manifest').hint).toBe(`name one: regctl doctor ${host}/REPOSITORY`)
  })

  it('some tag where none is named and there is no latest', async () => {
    const { host } = await registryWithImage()
    expect((await examined([`${host}/team/app`])).step('manifest').details).toMatchObject({ reference: '1.2' })
  })

  it('by digest', async () => {
    const { host } = await registryWithImage()
    const { digest } = (await examined([`${host}/team/app`])).step('manifest').details
    expect((await examined([`${host}/team/app@${digest}`])).step('manifest').details).toMatchObject({
      reference: digest,
    })
  })

  it('--write-probe begins an upload and takes it back', async () => {
    const { host, requests } = await registryWithImage()
    const { code, step } = await examined([`${host}/team/app:1.2`, '--write-probe'])
    expect(code).toBe(0)
    expect(step('features').details).toMatchObject({ upload: true, mount: true, chunkMinimum: 0 })
    const writes = requests.filter(({ method }) => ['POST', 'DELETE', 'PUT', 'PATCH'].includes(method))
    expect(writes.map(({ method, status }) => `${method} ${status}`)).toEqual(['POST 202', 'DELETE 204', 'POST 201'])
  })
})

describe('what is odd and no failure', () => {
  it('--insecure: tells what it lets pass', async () => {
    const tls = await (await makeCa()).issue({ hosts: ['127.0.0.1'] })
    const { host } = await registryWithImage({ tls })
    const { code, step } = await examined([`${host}/team/app:1.2`, '--insecure', host])
    expect(code).toBe(0)
    expect(step('tls')).toMatchObject({
      status: 'warning',
      summary: expect.stringContaining('signed by nobody'),
      hint: expect.stringContaining('anybody in between'),
    })
  })

  it('a wrong login, and an image that is public', async () => {
    const { registry } = await guardedRegistry({ '': { 'team/app': ['pull'] } })
    const file = authfile(registry.host, 'ada', 'canary-wrong')
    const { code, step } = await examined([`${registry.host}/team/app:1.2`, '--authfile', file])
    expect(code).toBe(0)
    expect(step('token')).toMatchObject({
      status: 'warning',
      summary: expect.stringMatching(
        /did not accept the credentials.*ada, from .*; what is public can be read without it$/,
      ),
      hint: expect.stringContaining('log in anew'),
    })
    expect(step('manifest').status).toBe('ok')
  })

  it('a token for nobody, where no repository is named', async () => {
    const tokens = closing(await startRecorder((_, res) => res.writeHead(401).end('{}')))
    const challenge = `Bearer realm="${tokens.url}/token",service="x"`
    const odd = closing(
      await startRecorder((_, res) => res.writeHead(401, { 'www-authenticate': challenge }).end('{}')),
    )
    const { code, step } = await examined([odd.host])
    expect(code).toBe(0)
    expect(step('token')).toMatchObject({ status: 'warning', hint: expect.stringContaining('or name a repository') })
  })

  it('a certificate that ends soon', async () => {
    const ca = await makeCa()
    const soon = new Date(Date.now() + 5.5 * 24 * 60 * 60 * 1000)
    const { host } = await registryWithImage({ tls: await ca.issue({ hosts: ['127.0.0.1'], notAfter: soon }) })
    const { code, step } = await examined([
      `${host}/team/app:1.2`,
      '--ca-file',
      `${host}=${folder().write('ca.pem', ca.cert)}`,
    ])
    expect(code).toBe(0)
    expect(step('tls')).toMatchObject({ status: 'warning', summary: expect.stringMatching(/, in 5 days$/) })
  })

  it('a clock that is wrong', async () => {
    const early = new Date(Date.now() - 3600 * 1000).toUTCString()
    const { host } = await registryWithImage({
      wrap: handler => (req, res) => {
        res.setHeader('Date', early)
        handler(req, res)
      },
    })
    const { code, step } = await examined([`${host}/team/app:1.2`])
    expect(code).toBe(0)
    expect(step('clock')).toMatchObject({
      status: 'warning',
      summary: expect.stringMatching(/^this machine is 3(?:599|60\d) seconds ahead of/),
    })
    expect(step('clock').hint).toContain('timedatectl')
  })

  it('a storage elsewhere: its host, and never the signed query', async () => {
    const storage = closing(await startRecorder((_, res) => res.writeHead(206).end('x')))
    const { host } = await registryWithImage({
      wrap: handler => (req, res) => {
        if (!req.url?.includes('/blobs/')) return handler(req, res)
        res.writeHead(307, { location: `http://127.0.0.1:${storage.port}/data?X-Amz-Signature=canary-signed` }).end()
      },
      users: { ada: 'canary-right' },
    })
    const { code, step, stdout } = await examined([
      `${host}/team/app:1.2`,
      '--authfile',
      authfile(host, 'ada', 'canary-right'),
    ])
    expect(code).toBe(0)
    expect(step('blob').details).toMatchObject({ redirects: [`127.0.0.1:${storage.port}`], ranges: true })
    expect(stdout).not.toContain('canary')
    // T6: the login stays at the registry.
    expect(storage.requests.map(({ headers }) => headers.authorization)).toEqual([undefined])
  })

  it('pulls that are nearly used up', async () => {
    const { host } = await registryWithImage({
      wrap: handler => (req, res) => {
        res.setHeader('ratelimit-limit', '100;w=21600').setHeader('ratelimit-remaining', '0;w=21600')
        handler(req, res)
      },
    })
    const { code, step } = await examined([`${host}/team/app:1.2`])
    expect(code).toBe(0)
    expect(step('limits')).toMatchObject({
      status: 'warning',
      summary: '0 of 100 pulls are left in 6 hours',
      hint: expect.stringContaining('log in'),
    })
  })
})
