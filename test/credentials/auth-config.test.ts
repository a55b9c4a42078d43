import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { authConfigSource } from '../../src/credentials/auth-config.ts'
import { base64 } from './fake-helpers.ts'

const json = JSON.stringify({
  auths: { 'https://index.docker.io/v1/': { auth: base64('u:p') } },
  credsStore: 'evil',
  credHelpers: { 'a.test': 'evil' },
})

it('finds what auths has, by exact host, and runs no helper', async () => {
  const source = authConfigSource(json)
  expect(await source.get('docker.io')).toEqual({
    credential: { kind: 'password', username: 'u', password: 'p' },
    source: 'DOCKER_AUTH_CONFIG',
  })
  expect(await source.get('a.test')).toBeUndefined()
  expect(await source.get('xdocker.io')).toBeUndefined()
})

it.each(['{"auths": canary}', '"canary"', '{"auths":{"docker.io":{"auth":"canary!"}}}'])(
  'T15: malformed %j is refused and not shown',
  async text => {
    const error = await authConfigSource(text)
      .get('docker.io')
      .catch((error: unknown) => error)
    expect(error).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('the variable DOCKER_AUTH_CONFIG'),
    })
    expect(inspect(error)).not.toContain('canary!')
    expect(error).toMatchObject({ message: expect.not.stringContaining('canary') })
  },
)
