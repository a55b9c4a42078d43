import { dockerConfigStore } from '../../src/credentials/docker-config.ts'

// A login in a process of its own: `login-child.ts CONFIG REGISTRY…`, over and over with `forever`; a line on stdout once it works.
const [path = '', mode, ...registries] = process.argv.slice(2)
const store = dockerConfigStore({ path })
process.stdout.write('ready\n')
do {
  for (const registry of registries)
    await store.set(registry, { kind: 'password', username: registry, password: 'p'.repeat(2000) })
} while (mode === 'forever')
