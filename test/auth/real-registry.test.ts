import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { authorize } from '../../src/auth/authorize.ts'
import { verifyLogin } from '../../src/auth/login.ts'
import { createTokenCache } from '../../src/auth/token-cache.ts'
import type { Credential } from '../../src/credentials/credentials.ts'
import { type HttpRequest, type Send, stack } from '../../src/http/http.ts'
import { redirect } from '../../src/http/redirect.ts'
import { createWire } from '../../src/http/wire.ts'
import { ask, bodyOf } from '../helpers/http-send.ts'
import { type Distribution, realOrSkip, startDistribution } from '../helpers/real.ts'
import { startTokenServer, type TokenServer } from '../helpers/token-server.ts'
import { alice, credentialsOf } from './net.ts'

realOrSkip('docker-registry')('with a real docker-registry that asks for tokens', () => {
  const wire = createWire({ userAgent: 'regctl-test' })
  let tokenServer: TokenServer
  let registry: Distribution

  beforeAll(async () => {
    tokenServer = await startTokenServer({
      users: { alice: 'hunter2', bob: 'pw' },
      grants: {
        alice: { '*': ['pull', 'push'], catalog: ['*'] },
        bob: { 'other/app': ['pull', 'push'] },
        '': { 'demo/app': ['pull'] },
      },
    })
    const { realm, service, issuer, certificate } = tokenServer
    registry = await startDistribution({ token: { realm, service, issuer, rootcertbundle: certificate } })
  })
  afterAll(async () => {
    wire.close()
    await registry?.stop()
    await tokenServer?.close()
  })

  const sendAs = (credential: Credential | undefined, repository = 'demo/app'): Send =>
    stack(
      wire.send,
      authorize({
        registry: registry.host,
        baseUrl: registry.url,
        repository,
        credentials: credentialsOf(credential),
        tokens: createTokenCache(),
        tokenSend: wire.send,
      }),
      redirect(),
    )

  async function upload(send: Send, content: string, repository = 'demo/app') {
    const scopes = [`repository:${repository}:pull,push`]
    const opened = await ask(send, { method: 'POST', url: `${registry.url}/v2/${repository}/blobs/uploads/`, scopes })
    if (opened.status !== 202) return { status: opened.status, digest: '' }
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`
    const url = `${opened.headers.location}&digest=${digest}`
    const { status } = await ask(send, { method: 'PUT', url, scopes, body: bodyOf(content) })
    return { status, digest }
  }

  it('pushes and pulls with one token', async () => {
    const before = tokenServer.requests.length
    const send = sendAs(alice)
    const { status, digest } = await upload(send, 'hello')
    expect(status).toBe(201)
    const pulled = await ask(send, { url: `${registry.url}/v2/demo/app/blobs/${digest}` })
    expect(pulled.text).toBe('hello')
    expect(tokenServer.requests.length - before).toBe(1)
  })

  it('pulls anonymously what is public, and is told no for the rest', async () => {
    const { digest } = await upload(sendAs(alice), 'public')
    const anonymous = sendAs(undefined)
    expect((await ask(anonymous, { url: `${registry.url}/v2/demo/app/blobs/${digest}` })).text).toBe('public')
    expect((await upload(anonymous, 'mine')).status).toBe(401)
    const hidden: Partial<HttpRequest> & { url: string } = { url: `${registry.url}/v2/secret/app/tags/list` }
    expect((await ask(sendAs(undefined, 'secret/app'), hidden)).status).toBe(401)
  })

  it('mounts where the source may be read', async () => {
    const { digest } = await upload(sendAs(alice, 'source/app'), 'shared', 'source/app')
    const scopes = ['repository:other/app:pull,push', 'repository:source/app:pull']
    const url = `${registry.url}/v2/other/app/blobs/uploads/?mount=${digest}&from=source/app`
    const mount = (credential: Credential) => ask(sendAs(credential, 'other/app'), { method: 'POST', url, scopes })
    expect((await mount({ kind: 'password', username: 'bob', password: 'pw' })).status).not.toBe(201)
    expect((await mount(alice)).status).toBe(201)
  })

  it('lists the catalog', async () => {
    const send = sendAs(alice, undefined)
    const catalog = await ask(send, { url: `${registry.url}/v2/_catalog`, scopes: ['registry:catalog:*'] })
    expect(JSON.parse(catalog.text).repositories).toContain('demo/app')
  })

  it('logs in, and gets an identity token that works', async () => {
    const options = { registry: registry.host, baseUrl: registry.url, send: wire.send, tokenSend: wire.send }
    const { identityToken = '' } = await verifyLogin({ ...options, credential: alice })
    expect((await upload(sendAs({ kind: 'identity', token: identityToken }), 'by identity')).status).toBe(201)
    expect(tokenServer.requests.at(-1)?.method).toBe('POST')
    const wrong: Credential = { kind: 'password', username: 'alice', password: 'wrong' }
    await expect(verifyLogin({ ...options, credential: wrong })).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
  })
})
