import type { ChildProcess } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { layoutStore } from '../../src/store/layout.ts'
import { readVerified } from '../../src/store/read.ts'
import { give, withClient } from '../faults/rows.ts'
import { type FaultProxy, startFaultProxy } from '../helpers/fault-proxy.ts'
import { slowResponse } from '../helpers/faults.ts'
import { rawImage } from '../helpers/images.ts'
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

let machine: Machine
let source: TestServer
let way: FaultProxy
beforeAll(async () => {
  machine = makeMachine()
  source = await startServer()
  await withClient(client => give(client, `${source.host}/demo/app:v1`, image))
  // So slow that a blob takes several runs.
  way = await startFaultProxy(source.host, [{ on: 'GET blob', fault: slowResponse(6 * MiB) }])
})
afterAll(async () => {
  await way.close()
  await source.close()
  machine.remove()
})

it(`goes on after ${kills} times kill -9 where the files end`, { timeout: 120_000 }, async () => {
  const folder = join(machine.home, 'images')
  const copy = ['copy', `${way.host}/demo/app:v1`, `oci:${folder}:v1`]
  for (const moment of moments) {
    const before = downloaded()
    const during = (child: ChildProcess) => killAfter(child, moment, () => downloaded() > before + MiB)
    const run = await machine.regctl(copy, { during })
    expect(run.signal, run.stderr).toBe('SIGKILL')
  }
  way.rules.length = 0
  const result = await machine.json(copy)
  expect(result).toMatchObject({ digest: image.root.digest, bytes: { resumed: expect.any(Number) } })
  expect(Reflect.get(Object(result.bytes), 'resumed') / MiB).toBeGreaterThan(1)
  expect(downloaded() / MiB).toBeLessThanOrEqual((1.15 * whole + kills * MiB) / MiB)
  for (const { descriptor } of image.contents.values()) {
    await readVerified(layoutStore(folder), descriptor, { cap: whole })
  }
  expect(readdirSync(folder).sort()).toEqual(['blobs', 'index.json', 'oci-layout'])
  if (findTool('skopeo')) {
    const raw = await skopeoRaw(`oci:${folder}:v1`)
    expect(raw).toEqual(image.contents.get(image.root.digest)?.bytes)
  }
})

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
