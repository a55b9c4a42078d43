import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { makeCa } from '../helpers/certs.ts'
import { runCli } from '../helpers/cli.ts'
import { closing } from '../helpers/http-send.ts'
import { startRecorder } from '../helpers/recorder.ts'

const folder = mkdtempSync(join(tmpdir(), 'regctl-login-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const ca = await makeCa()
const caFile = join(folder, 'ca.pem')
writeFileSync(caFile, ca.cert)
const pair = await ca.issue({ hosts: ['127.0.0.1'] })

const login = (host: string, ...more: string[]) =>
  runCli(['login', host, '-u', 'ann', '--password-stdin', '--store', 'file', '--json', ...more], { input: 'canary\n' })
const open = () => startRecorder((_, response) => response.end('{}'))

it('T20: https:// is kept: no password goes out in plain HTTP, not even on this machine', async () => {
  const server = closing(await open())
  const { code, stdout } = await login(`https://127.0.0.1:${server.port}`)
  expect([code, JSON.parse(stdout).error.code]).toEqual([6, 'TLS_FAILED'])
  expect(server.requests).toEqual([])
})

it.each(['https://', 'HTTPS://'])('%s on this machine is what it says', async scheme => {
  const server = closing(await startRecorder((_, response) => response.end('{}'), { tls: pair }))
  const { code, stderr } = await login(`${scheme}127.0.0.1:${server.port}/v2/`, '--ca-file', caFile)
  expect({ code, stderr }).toMatchObject({ code: 0 })
  expect(server.requests).toHaveLength(1)
})

it('http:// on this machine is what it says', async () => {
  const server = closing(await open())
  expect((await login(`http://127.0.0.1:${server.port}`)).code).toBe(0)
  expect(server.requests).toHaveLength(1)
})

it('T20: http:// anywhere else needs --plain-http', async () => {
  const server = closing(await open())
  const host = `0.0.0.0:${server.port}`
  const { code, stdout } = await login(`http://${host}`)
  expect([code, JSON.parse(stdout).error.hint]).toEqual([2, expect.stringContaining(`--plain-http ${host}`)])
  expect(server.requests).toEqual([])
  expect((await login(`http://${host}`, '--plain-http', host)).code).toBe(0)
  expect(server.requests).toHaveLength(1)
})

it('plain HTTP spoken to HTTPS is a failure of TLS, with what helps', async () => {
  const server = closing(
    await startRecorder((_, response) => {
      response.statusCode = 400
      response.end('Client sent an HTTP request to an HTTPS server.\n')
    }),
  )
  const { code, stdout } = await login(`127.0.0.1:${server.port}`)
  const { error } = JSON.parse(stdout)
  expect([code, error.code, error.hint]).toEqual([6, 'TLS_FAILED', expect.stringContaining('--ca-file')])
})

it('T16: a password on stdin is no registry, where none is named', async () => {
  const { code, stdout } = await runCli(
    ['login', '-u', 'ann', '--password-stdin', '--store', 'file', '--no-verify', '--json'],
    { input: 'canary\n' },
  )
  expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ registry: 'docker.io', username: 'ann' })])
})
