import type { ChildProcess } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectWhole, give, withClient } from '../faults/rows.ts'
import { type FaultProxy, startFaultProxy } from '../helpers/fault-proxy.ts'
import { rawImage, type Sample } from '../helpers/images.ts'
import { realOrSkip, startDistribution } from '../helpers/real.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { type Machine, makeMachine } from './program.ts'
import { startServe } from './serving.ts'

const MiB = 1024 * 1024
const isCi = process.env.CI === 'true'
/** The full measure takes half a minute; here a part of it shows the same. */
const kills = isCi ? 20 : 6
const size = isCi ? 200 * MiB : 64 * MiB
/** Bytes a second: the copy is to take as long as all the kills together. */
const rate = size / (kills * 0.7)

interface Case {
  layers: number
  /** Bytes that a kill may cost. */
  cost: number
  start(home: string): Promise<{ host: string; stop(): Promise<void> }>
}

/** Kills a copy again and again, and lets the last one go on to its end. */
function describeKills({ layers, cost, start }: Case): void {
  const image = rawImage(
    Array.from({ length: layers }, () => Math.floor(size / layers)),
    `killed ${layers}`,
  )
  const whole = sizeOf(image)
  let machine: Machine
  let source: TestServer
  let destination: { host: string; stop(): Promise<void> }
  let way: FaultProxy
  beforeAll(async () => {
    machine = makeMachine()
    source = await startServer()
    destination = await start(machine.home)
    await withClient(client => give(client, `${source.host}/demo/app:new`, image))
    way = await startFaultProxy(destination.host)
  })
  afterAll(async () => {
    await way.close()
    await Promise.all([source.close(), destination.stop()])
    machine.remove()
  })

  it(`goes on after ${kills} times kill -9, and sends next to nothing twice`, { timeout: 180_000 }, async () => {
    const random = seeded(layers)
    const copy = ['copy', `${source.host}/demo/app:new`, `${way.host}/killed/app:new`]
    const limit = ['--limit-rate', String(Math.round(rate))]
    let killed = 0
    for (let kill = 0; kill < kills; kill++) {
      const moment = 100 + random() * 1000
      const during = (child: ChildProcess) => setTimeout(() => child.kill('SIGKILL'), moment)
      const run = await machine.regctl([...copy, ...limit], { during })
      // A quick machine may be done before its last kills.
      if (run.signal === null) {
        expect(run.code, run.stderr).toBe(0)
        break
      }
      expect(run.signal, `kill ${kill + 1}, after ${moment} ms\n${run.stderr}`).toBe('SIGKILL')
      killed++
    }
    expect(killed).toBeGreaterThanOrEqual(kills / 2)
    const result = await machine.json(copy)
    await expectWhole(`${destination.host}/killed/app:new`, image)
    expect(result).toMatchObject({ digest: image.root.digest })
    const sent = way.log.reduce((total, { up }) => total + up, 0)
    expect(sent / MiB, `MiB sent, of ${whole / MiB}`).toBeLessThanOrEqual((1.15 * whole + kills * cost) / MiB)
    expect(journals(machine.home)).toEqual([])
  })
}

describe('a copy that is killed again and again', () => {
  // The acceptance allows 8 MiB a kill. Where uploads go on at the byte, it is next to none.
  describe('to regctl serve, large layers', () =>
    describeKills({ layers: 4, cost: MiB, start: home => startServe(home, '--dir', 'registry') }))
  // Debian's docker-registry cannot go on with an upload: what was on its way is sent again.
  realOrSkip('docker-registry')('to docker-registry, many small layers', () =>
    describeKills({ layers: size / (MiB / 2), cost: 8 * MiB, start: () => startDistribution() }),
  )
})

function sizeOf({ contents }: Sample): number {
  return [...contents.values()].reduce((total, { descriptor }) => total + descriptor.size, 0)
}

/** What copies have left of themselves under a home. */
function journals(home: string): string[] {
  return readdirSync(home, { recursive: true, encoding: 'utf8' }).filter(name => /(^|\/)copies\/./.test(name))
}

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
