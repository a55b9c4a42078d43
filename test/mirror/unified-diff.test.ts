import { expect, it } from 'vitest'
import { unifiedDiff } from '../../src/mirror/unified-diff.ts'

const added = '[host."https://new.example"]\n'

it.each([
  [
    'a login of a proxy',
    '"http-proxy": "http://me:canary@proxy.example:3128"',
    '"http-proxy": "http://***@proxy.example:3128"',
  ],
  ['a user without a password', 'a = "https://canary@proxy.example"', 'a = "https://***@proxy.example"'],
  ['a header', '  Authorization = "Basic Y2FuYXJ5"', '  Authorization = ***'],
  ['a header in a list', '    "Bearer canary.canary"', '    "Bearer ***"'],
  ['a key', '  x-api-key = "canary"', '  x-api-key = ***'],
  ['a key in a list', '  x-api-key = ["canary"]', '  x-api-key = ***'],
  ['a password on a line of much', '{"a": 1, "password": "canary", "b": 2}', '{"a": 1, "password": ***'],
  ['an address with such a name', 'a = "https://token.example:5000"', 'a = "https://token.example:5000"'],
  ['a password in JSON', '"password": "canary",', '"password": ***'],
  ['nothing secret', '  capabilities = ["pull"]', '  capabilities = ["pull"]'],
  [
    'the mirrors themselves',
    '"registry-mirrors": ["https://a.example/b@c"]',
    '"registry-mirrors": ["https://a.example/b@c"]',
  ],
])('T15: shows %s beside a change without what is secret', (_, line, shown) => {
  const diff = unifiedDiff('hosts.toml', `${line}\n`, `${line}\n${added}`)
  expect(diff.split('\n').slice(3)).toEqual([` ${shown}`, `+${added.trim()}`])
  expect(unifiedDiff('hosts.toml', `${line}\n`, '')).toContain(`-${shown}`)
})
