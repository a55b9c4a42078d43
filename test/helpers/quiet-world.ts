import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// Tests never read the credentials, proxies or configuration of the person who runs them.
const home = mkdtempSync(join(tmpdir(), 'regctl-home-'))
for (const name of Object.keys(process.env)) {
  if (/^(https?|no|all)_proxy$/i.test(name) || /^(DOCKER|REGCTL|REGISTRY|CONTAINERS|XDG|SSL_CERT)_/.test(name))
    delete process.env[name]
}
process.env.HOME = home
process.env.USERPROFILE = home
