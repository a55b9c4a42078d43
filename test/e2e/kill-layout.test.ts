import type { ChildProcess } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { archiveStore } from '../../src/store/archive.ts'
import { layoutStore } from '../../src/store/layout.ts'
import { readVerified } from '../../src/store/read.ts'
import { give, withClient } from '../faults/rows.ts'
import { type FaultProxy, startFaultProxy } from '../helpers/fault-proxy.ts'
import { slowResponse } from '../helpers/faults.ts'
import { makeImage, rawImage, seed } from '../helpers/images.ts'
import { findTool } from '../helpers/real.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { skopeoRaw } from '../helpers/skopeo.ts'
import { type Machine, makeMachine } from './program.ts'

const MiB = 1024 * 1024
const kills = 8
const image = rawImage([40 * MiB, 15 * MiB, 5 * MiB], 'killed into a layout')
const whole = [...image.contents.values()].reduce((total, { descriptor }) => total + descriptor.size, 0)
/** Milliseconds from the first byte of a run to its end, spread by a fixed seed. */
const moments = Array.from({ length: kills }, (_, at) => 100 + ((at * 7919 + 104_729) % 700))

const slow = { on: 'GET blob' as const, fault: slowResponse(6 * MiB) }

let machine: Machine
let source: TestServer
let way: FaultProxy
beforeAll(async () => {
  machine = makeMachine()
  source = await startServer()
  await withClient(client => give(client, `${source.host}/demo/app:v1`, image))
  // So slow that a blob takes several runs.
  way = await startFaultProxy(source.host, [slow])
})
afterAll(async () => {
  await way.close()
  await source.close()
  machine.remove()
})

afterEach(() => {
  way.rules.splice(0, way.rules.length, slow)
})

it(`goes on after ${kills} times kill -9 where the files end`, { timeout: 120_000 }, async () => {
  const folder = join(machine.home, 'images')
  await killAndFinish(`oci:${folder}:v1`, moments)
  for (const { descriptor } of image.contents.values()) {
    await readVerified(layoutStore(folder), descriptor, { cap: whole })
  }
  expect(readdirSync(folder).sort()).toEqual(['blobs', 'index.json', 'oci-layout'])
  if (findTool('skopeo')) {
    const raw = await skopeoRaw(`oci:${folder}:v1`)
    expect(raw).toEqual(image.contents.get(image.root.digest)?.bytes)
  }
})

it('goes on with an archive in the same way, whose file is the old one until the new one is whole', {
  timeout: 120_000,
}, async () => {
  const folder = join(machine.home, 'archives')
  mkdirSync(folder)
  const file = join(folder, 'images.tar')
  const before = makeImage()
  const old = archiveStore(file, { write: true })
  await seed(old, before, 'old')
  await old.close?.()
  const bytes = readFileSync(file)
  await killAndFinish(`oci-archive:${file}:v1`, moments.slice(0, 3), () => expect(readFileSync(file)).toEqual(bytes))
  for (const { descriptor } of [...image.contents.values(), ...before.contents.values()]) {
    await readVerified(archiveStore(file), descriptor, { cap: whole })
  }
  expect(readdirSync(folder)).toEqual(['images.tar'])
})

async function killAndFinish(place: string, at: readonly number[], afterKill = () => {}): Promise<void> {
  const start = downloaded()
  const copy = ['copy', `${way.host}/demo/app:v1`, place]
  for (const moment of at) {
    const before = downloaded()
    const during = (child: ChildProcess) => killAfter(child, moment, () => downloaded() > before + MiB)
    const run = await machine.regctl(copy, { during })
    expect(run.signal, run.stderr).toBe('SIGKILL')
    afterKill()
  }
  way.rules.length = 0
  const result = await machine.json(copy)
  expect(result).toMatchObject({ digest: image.root.digest, bytes: { resumed: expect.any(Number) } })
  expect(Reflect.get(Object(result.bytes), 'resumed') / MiB).toBeGreaterThan(1)
  expect((downloaded() - start) / MiB).toBeLessThanOrEqual((1.15 * whole + at.length * MiB) / MiB)
}

/** Bytes that the source has sent, over all runs. */
function downloaded(): number {
  return way.log.reduce((total, { down }) => total + down, 0)
}

/** Kills so many milliseconds after the bytes have begun to come. */
function killAfter(child: ChildProcess, moment: number, hasBegun: () => boolean): void {
  const watch = setInterval(() => {
    if (!hasBegun()) return
    clearInterval(watch)
    setTimeout(() => child.kill('SIGKILL'), moment)
  }, 10)
  child.once('close', () => clearInterval(watch))
}
