import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { isManifestType } from '../../src/model/media-types.ts'
import { expectWhole, give, withClient } from '../faults/rows.ts'
import { type FaultProxy, startFaultProxy } from '../helpers/fault-proxy.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { copyFleet, type Fleet, fleetImage, fleetName } from './fleet-images.ts'

const count = 200
const images = Array.from({ length: count }, (_, number) => fleetImage(number))

describe(`${count} images that share layers`, () => {
  let source: TestServer
  let destination: TestServer
  let way: FaultProxy
  let fleet: Fleet
  beforeAll(async () => {
    source = await startServer()
    await withClient(async client => {
      for (const [number, image] of images.entries()) await give(client, `${source.host}/${fleetName(number)}`, image)
    })
  }, 120_000)
  beforeEach(async () => {
    destination = await startServer()
    way = await startFaultProxy(destination.host)
    const home = mkdtempSync(join(tmpdir(), 'regctl-fleet-'))
    fleet = { home, source: source.host, destination: way.host, count }
  })
  afterEach(async () => {
    await way.close()
    await destination.close()
    rmSync(fleet.home, { recursive: true, force: true })
  })
  afterAll(() => source.close())

  it('in one process: every blob is uploaded once', { timeout: 120_000 }, async () => {
    await copyFleet(fleet)
    expect(uploadsOfEach(way)).toEqual(new Set([1]))
    await expectAll()
  })

  it('in two processes at once: every blob is uploaded twice at most', { timeout: 120_000 }, async () => {
    await Promise.all([inProcess(fleet), inProcess(fleet)])
    expect(Math.max(...uploadsOfEach(way))).toBeLessThanOrEqual(2)
    await expectAll()
  })

  /** Everything is there, and was uploaded by somebody. */
  async function expectAll() {
    expect(uploads(way).size).toBe(blobs().size)
    for (const [number, image] of images.entries()) await expectWhole(`${destination.host}/${fleetName(number)}`, image)
  }
})

/** How often each blob was uploaded, by digest. */
function uploads({ log }: FaultProxy): Map<string, number> {
  const bodies = log.filter(({ kind, up, status }) => kind === 'upload' && up > 0 && status === 201)
  const times = new Map<string, number>()
  for (const { path } of bodies) {
    const digest = new URL(path, 'http://x').searchParams.get('digest') ?? ''
    times.set(digest, (times.get(digest) ?? 0) + 1)
  }
  return times
}

function uploadsOfEach(way: FaultProxy): Set<number> {
  return new Set(uploads(way).values())
}

function blobs(): Set<string> {
  const contents = images.flatMap(image => [...image.contents.values()])
  return new Set(
    contents.filter(each => !isManifestType(each.descriptor.mediaType)).map(each => each.descriptor.digest),
  )
}

async function inProcess({ home, source, destination }: Fleet): Promise<void> {
  const script = join(import.meta.dirname, 'fleet-child.ts')
  const args = ['--import', 'tsx', script, home, source, destination, String(count)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'], timeout: 100_000 })
  const [code] = await once(child, 'close')
  expect(code).toBe(0)
}
