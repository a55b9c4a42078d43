import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { parseManifest } from '../../src/model/manifest.ts'
import { layoutRepositories } from '../../src/server/layout-repositories.ts'
import { readVerified } from '../../src/store/read.ts'
import type { Store } from '../../src/store/store.ts'
import { makeImage } from '../helpers/images.ts'
import { freshFolder } from './homes.ts'
import { raw } from './raw.ts'

const kills = 10

describe('kill -9', () => {
  it('leaves every tag with all of its content, and the registry starts again', { timeout: 120_000 }, async () => {
    const dir = await freshFolder()
    const acknowledged = new Set<string>()
    for (let round = 0; round < kills; round += 1) {
      const { child, url } = await serve(dir)
      const pushers = [0, 1, 2].map(lane => pushUntilCut(url, `r${round}-${lane}`, acknowledged))
      await setTimeout(30 + Math.random() * 300)
      // A slow machine must have got somewhere before the first kill proves anything.
      for (let waits = 0; acknowledged.size === 0 && waits < 500; waits += 1) await setTimeout(20)
      child.kill('SIGKILL')
      await Promise.all([once(child, 'exit'), ...pushers])
      const store = await layoutRepositories(dir).open('app')
      const tags = store ? await wholeTags(store) : []
      // What was answered with 201 is there; what was not may be.
      expect(tags).toEqual(expect.arrayContaining([...acknowledged]))
    }
    expect(acknowledged.size).toBeGreaterThan(0)
    const { child, url } = await serve(dir)
    const served = JSON.parse((await raw(url, 'GET', '/v2/app/tags/list')).body.toString()).tags
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(served).toEqual(expect.arrayContaining([...acknowledged]))
  })
})

async function serve(dir: string): Promise<{ child: ChildProcess; url: string }> {
  const script = new URL('serve-child.ts', import.meta.url).pathname
  const child = spawn(process.execPath, ['--import', 'tsx', script, dir], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(child.stdout, 'data')
  return { child, url: String(line).trim() }
}

/** Pushes image after image until the server is gone; at most a hundred. */
async function pushUntilCut(url: string, lane: string, acknowledged: Set<string>): Promise<void> {
  for (let at = 0; at < 100; at += 1) {
    const { root, contents } = makeImage({ layers: [50_000, 200_000] })
    try {
      for (const { descriptor, bytes } of contents.values()) {
        if (descriptor.digest === root.digest) {
          const headers = { 'Content-Type': root.mediaType }
          const put = await raw(url, 'PUT', `/v2/app/manifests/${lane}-${at}`, { body: bytes, headers })
          if (put.status === 201) acknowledged.add(`${lane}-${at}`)
        } else {
          await raw(url, 'POST', `/v2/app/blobs/uploads/?digest=${descriptor.digest}`, { body: bytes })
        }
      }
    } catch {
      return
    }
  }
}

/** The tags, once everything below each was read and verified. */
async function wholeTags(store: Store): Promise<string[]> {
  const tags: string[] = []
  for await (const tag of store.tags()) {
    const root = await store.resolve(tag)
    const manifest = parseManifest(await readVerified(store, root), root.mediaType)
    const blobs = manifest.kind === 'image' && manifest.config ? [manifest.config, ...manifest.layers] : []
    expect(blobs).toHaveLength(3)
    for (const blob of blobs) await readVerified(store, blob)
    tags.push(tag)
  }
  return tags
}
