import { describe, expect, it } from 'vitest'
import { checkLocation, withDigest } from '../../src/registry/upload-location.ts'

const digest = `sha256:${'a'.repeat(64)}` as const

it.each([
  ['https://r/v2/x/blobs/uploads/1', `https://r/v2/x/blobs/uploads/1?digest=sha256%3A${'a'.repeat(64)}`],
  ['https://r/u?_state=a%2Bb%20c+d==', `https://r/u?_state=a%2Bb%20c+d==&digest=sha256%3A${'a'.repeat(64)}`],
])('appends the digest to %s as text (item 27)', (location, expected) => {
  expect(withDigest(location, digest)).toBe(expected)
})

describe('T3: where an upload may be sent', () => {
  it.each([
    ['https://reg.example', 'https://reg.example/u', { url: 'https://reg.example/u' }],
    ['http://127.0.0.1:5000', 'http://127.0.0.1:5000/u', { url: 'http://127.0.0.1:5000/u' }],
    ['https://reg.example', 'https://store.example/u', { url: 'https://store.example/u', publicOnly: true }],
    ['https://registry.corp', 'https://registry.corp:8443/u', { url: 'https://registry.corp:8443/u' }],
    ['http://10.0.0.1', 'http://10.0.0.2/u', { url: 'http://10.0.0.2/u' }],
  ])('%s may name %s', (base, location, expected) => {
    expect(checkLocation(location, base)).toEqual(expected)
  })

  it.each([
    ['https://reg.example', 'http://reg.example/u', 'not encrypted'],
    ['https://reg.example', 'http://store.example/u', 'not encrypted'],
    ['https://reg.example', 'https://127.0.0.1/u', 'a private address'],
    ['https://reg.example', 'https://169.254.169.254/u', 'a private address'],
    ['https://reg.example', 'https://[::1]/u', 'a private address'],
    ['http://127.0.0.1:5000', 'http://169.254.169.254/u', 'a private address'],
    ['http://10.0.0.1', 'http://[::ffff:169.254.169.254]/u', 'a private address'],
    ['https://registry.corp', 'http://registry.corp:8080/u', 'not encrypted'],
    ['https://reg.example', 'https://u:p@store.example/u', 'a login'],
  ])('%s may not name %s', (base, location, why) => {
    expect(() => checkLocation(location, base)).toThrow(
      expect.objectContaining({ code: 'REFUSED', message: expect.stringContaining(why) }),
    )
  })
})
