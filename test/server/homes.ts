import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { layoutRepositories } from '../../src/server/layout-repositories.ts'
import { memoryRepositories, type Repositories } from '../../src/server/repositories.ts'

export const freshFolder = () => mkdtemp(join(tmpdir(), 'regctl-server-'))

/** Where a registry can keep its repositories: what holds for one holds for the other. */
export const homes: readonly (readonly [string, () => Promise<Repositories>])[] = [
  ['memory', async () => memoryRepositories()],
  ['layouts', async () => layoutRepositories(await freshFolder())],
]
