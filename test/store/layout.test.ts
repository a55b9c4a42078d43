import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { layoutStore } from '../../src/store/layout.ts'
import { describeStore } from './contract.ts'

describeStore('layout', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'regctl-layout-'))
  const path = join(dir, 'not/yet')
  return {
    store: layoutStore(path),
    reopen: async () => layoutStore(path),
    close: () => rm(dir, { recursive: true }),
  }
})
