import { afterAll, beforeAll } from 'vitest'
import { testClient } from '../helpers/client.ts'
import { type Distribution, realOrSkip, startDistribution } from '../helpers/real.ts'
import { describeStore } from '../store/contract.ts'

realOrSkip('docker-registry')('a real docker-registry', () => {
  let registry: Distribution
  let made = 0
  beforeAll(async () => {
    registry = await startDistribution({ delete: true })
  })
  afterAll(() => registry?.stop())

  const make = async () => {
    const place = `${registry.host}/contract/repository-${made++}`
    const open = async () => (await (await testClient()).open(place)).store
    return { store: await open(), reopen: open }
  }
  // distribution 2.8 cannot remove a single tag; referrers go by the tag schema there.
  describeStore('RegistryStore over docker-registry', make, { retagging: true, untag: 'UNSUPPORTED' })
})
