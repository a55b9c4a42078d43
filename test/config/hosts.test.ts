import { expect, it } from 'vitest'
import { baseUrl, isLoopback } from '../../src/config/hosts.ts'

it.each([
  ['localhost', true],
  ['localhost:5000', true],
  ['127.0.0.1:5000', true],
  ['127.9.9.9', true],
  ['[::1]:5000', true],
  ['localhost.evil.test', false],
  ['127.0.0.1.evil.test', false],
  ['10.0.0.1', false],
  ['[::2]', false],
])('%s is loopback: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected)
})

it.each([
  ['reg.example', {}, 'https://reg.example'],
  ['reg.example:5000', { plainHttp: true }, 'http://reg.example:5000'],
  ['localhost:5000', {}, 'http://localhost:5000'],
  ['localhost:5000', { insecure: true }, 'https://localhost:5000'],
  ['127.0.0.1', { caFile: 'ca.pem' }, 'https://127.0.0.1'],
  ['localhost', { plainHttp: false }, 'https://localhost'],
])('%s with %o is %s', (host, settings, expected) => {
  expect(baseUrl(host, settings)).toBe(expected)
})
