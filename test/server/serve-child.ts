// A registry over layouts in a process of its own, to be killed: `node --import tsx serve-child.ts DIR`.
import { layoutRepositories } from '../../src/server/layout-repositories.ts'
import { createRegistryServer } from '../../src/server/server.ts'

const registry = createRegistryServer({ repositories: layoutRepositories(process.argv[2] ?? '') })
const { url } = await registry.listen()
process.stdout.write(`${url}\n`)
