import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { testClient } from '../helpers/client.ts'
import { makeImage, seed } from '../helpers/images.ts'
import { type Distribution, realOrSkip, startDistribution } from '../helpers/real.ts'
import { collect } from '../store/contract.ts'
import { artifactOf } from './referrers-artifact.ts'

const times = 50

realOrSkip('docker-registry')(
  'two processes attach to one image of a registry without the referrers API (item 67)',
  () => {
    let registry: Distribution
    beforeAll(async () => {
      registry = await startDistribution()
    })
    afterAll(() => registry.stop())

    it(`${times} times each, and none is lost`, async () => {
      const home = mkdtempSync(join(tmpdir(), 'regctl-referrers-'))
      const place = `${registry.host}/demo/app`
      const { store } = await (await testClient()).open(place, { write: true })
      const subject = makeImage({ seed: 'subject' })
      await seed(store, subject, 'v1')
      await seed(store, artifactOf(subject.root, 'first'))
      await Promise.all(['one', 'two'].map(name => attach(place, home, name)))
      const made = ['one', 'two'].flatMap(name => Array.from({ length: times }, (_, at) => `${name}-${at}`))
      const expected = ['first', ...made].map(name => artifactOf(subject.root, name).root.digest)
      const listed = (await collect(store.referrers(subject.root))).map(({ digest }) => digest)
      expect(listed.sort()).toEqual(expected.sort())
      // They did write the list at once: it is not one process after the other.
      const puts = (await registry.requests()).filter(
        ({ method, path }) => method === 'PUT' && path.includes('/manifests/sha256-'),
      )
      expect(puts.length).toBeGreaterThanOrEqual((2 * times) / 5)
    }, 180_000)
  },
)

async function attach(place: string, home: string, name: string): Promise<void> {
  const script = join(import.meta.dirname, 'referrers-child.ts')
  const args = ['--import', 'tsx', script, place, home, 'subject', name, String(times)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const [code] = await once(child, 'close')
  expect(code).toBe(0)
}
