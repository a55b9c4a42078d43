import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect } from 'vitest'

// Tests never read the credentials, proxies or configuration of the person who runs them; what CI tells the tests stays.
const foreign = [
  /^(https?|no|all)_proxy$/i,
  /^(DOCKER|REGISTRY|CONTAINERS|XDG_CONFIG|XDG_STATE|SSL_CERT)_/,
  /^REGCTL_(CONFIG|REGISTRY|USERNAME|PASSWORD)$/,
]
for (const name of Object.keys(process.env)) {
  if (foreign.some(pattern => pattern.test(name))) delete process.env[name]
}
const home = mkdtempSync(join(tmpdir(), 'regctl-home-'))
process.env.HOME = home
process.env.USERPROFILE = home
afterAll(() => rmSync(home, { recursive: true, force: true }))

// Byte by byte, as `toEqual` would otherwise compare them, three megabytes take up to fifty seconds on a busy machine.
expect.addEqualityTesters([
  (a: unknown, b: unknown) => (Buffer.isBuffer(a) && Buffer.isBuffer(b) ? a.equals(b) : undefined),
])
