import { expect, it } from 'vitest'
import { authfile, examined, folder } from '../doctor/surroundings.ts'
import { makeCa } from '../helpers/certs.ts'
import { testClient } from '../helpers/client.ts'
import { closing } from '../helpers/http-send.ts'
import { makeImage, seed } from '../helpers/images.ts'
import { realOrSkip, startDistribution } from '../helpers/real.ts'
import { startTokenServer } from '../helpers/token-server.ts'

realOrSkip('docker-registry')('a real docker-registry', () => {
  it('with tokens and TLS: well, without the right, and spoken to in plain HTTP', async () => {
    const ca = await makeCa()
    const tokens = closing(
      await startTokenServer({
        users: { ada: 'canary-right', bob: 'canary-bob' },
        grants: { ada: { '*': ['pull', 'push'] } },
      }),
    )
    const { realm, service, issuer, certificate: rootcertbundle } = tokens
    const tls = await ca.issue({ hosts: ['127.0.0.1'] })
    const registry = await startDistribution({ tls, token: { realm, service, issuer, rootcertbundle } })
    closing({ close: () => registry.stop() })
    const { host } = registry
    const { stdout: plain } = await examined([`${host}/team/app:1.2`])
    expect(JSON.parse(plain).steps[5]).toMatchObject({ name: 'api', code: 'TLS_FAILED' })
    const file = folder().write('ca.pem', ca.cert)
    // The token server is in plain HTTP, which a registry of HTTPS may not send a login to (T2).
    const refused = await examined([
      `${host}/team/app:1.2`,
      '--ca-file',
      `${host}=${file}`,
      '--authfile',
      authfile(host, 'ada', 'canary-right'),
    ])
    expect([refused.code, refused.step('challenge').code]).toEqual([1, 'REFUSED'])
  })

  it('with tokens: an account that may, and one that may not', async () => {
    const tokens = closing(
      await startTokenServer({
        users: { ada: 'canary-right', bob: 'canary-bob' },
        grants: { ada: { '*': ['pull', 'push'] } },
      }),
    )
    const { realm, service, issuer, certificate: rootcertbundle } = tokens
    const registry = await startDistribution({ token: { realm, service, issuer, rootcertbundle } })
    closing({ close: () => registry.stop() })
    const { host } = registry
    const file = authfile(host, 'ada', 'canary-right')
    const client = closing(await testClient({ flags: { authFile: file } }))
    await seed((await client.open(`${host}/team/app:1.2`, { write: true })).store, makeImage(), '1.2')
    const well = await examined([`${host}/team/app:1.2`, '--authfile', file])
    expect(well.code).toBe(0)
    expect(well.step('token').details).toMatchObject({ granted: ['repository:team/app:pull'] })
    expect(well.step('features').details).toMatchObject({ tags: true, referrers: false, ranges: true, deletion: true })
    const not = await examined([`${host}/team/app:1.2`, '--authfile', authfile(host, 'bob', 'canary-bob')])
    expect(not.code).toBe(4)
    expect(not.step('token')).toMatchObject({ status: 'warning', summary: expect.stringContaining('granted nothing') })
    expect(not.step('manifest').hint).toContain('bob may not pull')
  })
})
