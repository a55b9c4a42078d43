import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeCa } from '../helpers/certs.ts'
import { closing } from '../helpers/http-send.ts'
import { examined, folder, registryWithImage } from './surroundings.ts'

/** A proxy before the registry, and what was asked of it. */
async function proxyTo(registry: string): Promise<{ host: string; asked: string[] }> {
  const proxy = closing(createServer())
  const asked: string[] = []
  proxy.on('connect', ({ url = '', headers }, socket) => {
    asked.push(`${url} ${headers['proxy-authorization']}`)
    const inside = connect(Number(registry.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      socket.pipe(inside).pipe(socket)
    })
    for (const end of [inside, socket]) end.on('error', () => {})
    socket.on('close', () => inside.destroy())
  })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  const address = proxy.address()
  return { host: `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, asked }
}

it('through a proxy: its address is looked up, the registry’s certificate is seen behind it', async () => {
  const ca = await makeCa()
  const registry = await registryWithImage({ tls: await ca.issue({ hosts: ['registry.example'] }) })
  const { host, asked } = await proxyTo(registry.host)
  const { code, stdout, step } = await examined(
    ['registry.example/team/app:1.2', '--ca-file', `registry.example=${folder().write('ca.pem', ca.cert)}`],
    { HTTPS_PROXY: `http://ada:canary-proxy@${host}` },
  )
  expect(code).toBe(0)
  expect(step('proxy').summary).toBe(`through ${host}, named by HTTPS_PROXY`)
  expect(step('tls').details).toMatchObject({ authorized: true, chain: [{ names: ['registry.example'] }, {}] })
  expect(step('blob').status).toBe('ok')
  const login = `Basic ${Buffer.from('ada:canary-proxy').toString('base64')}`
  expect(new Set(asked)).toEqual(new Set([`registry.example:443 ${login}`]))
  expect(stdout).not.toContain('canary')
})

it('an authority of a certs.d folder is named', async () => {
  const ca = await makeCa()
  const registry = await registryWithImage({ tls: await ca.issue({ hosts: ['registry.example'] }) })
  const { host } = await proxyTo(registry.host)
  const home = mkdtempSync(join(tmpdir(), 'regctl-doctor-home-'))
  closing({ close: () => rmSync(home, { recursive: true, force: true }) })
  const certs = join(home, '.config/containers/certs.d/registry.example')
  mkdirSync(certs, { recursive: true })
  writeFileSync(join(certs, 'ca.crt'), ca.cert)
  const { code, step } = await examined(['registry.example/team/app:1.2'], {
    HTTPS_PROXY: `http://${host}`,
    HOME: home,
  })
  expect(code).toBe(0)
  expect(step('tls').details).toMatchObject({ trust: ['the roots of this machine', join(certs, 'ca.crt')] })
})

it('a host that NO_PROXY has', async () => {
  const { step } = await examined(['no-such.invalid/app'], { HTTPS_PROXY: 'http://127.0.0.1:1', NO_PROXY: '.invalid' })
  expect(step('proxy').summary).toBe('none: NO_PROXY has this host')
})

it('localhost with one family alone is no matter', async () => {
  const { host } = await registryWithImage()
  const { step } = await examined([`localhost:${host.split(':')[1]}/team/app:1.2`])
  expect(step('tcp').status).toBe('ok')
  expect(step('manifest').status).toBe('ok')
})
