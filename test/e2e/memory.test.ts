import type { ChildProcess } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { endlessLayers } from './endless-layers.ts'
import { makeMachine } from './program.ts'
import { type Server, startOdd } from './serving.ts'

const MiB = 1024 * 1024
const isCi = process.env.CI === 'true'
/** Linux says how much of a process was resident at most. */
const measurable = existsSync('/proc/self/status')
let servers: Server[] = []
afterEach(async () => {
  await Promise.all(servers.map(server => server.stop()))
  servers = []
})

describe.runIf(measurable)('memory of a copy', () => {
  it.each([
    ['one layer of a gibibyte', [isCi ? 4096 : 1024], []],
    ['40 layers at once', Array.from({ length: 40 }, () => (isCi ? 64 : 16)), ['--jobs', '40']],
  ])('%s: under 150 MiB resident', { timeout: 300_000 }, async (_what, sizes, flags) => {
    const layers = endlessLayers(sizes.map(size => size * MiB))
    const source = await startOdd(layers.source)
    const destination = await startOdd(layers.destination)
    servers = [source, destination]
    const machine = makeMachine()
    let peak = 0
    const during = (child: ChildProcess) => {
      const timer = setInterval(() => {
        peak = Math.max(peak, highWater(child.pid))
      }, 20)
      child.once('exit', () => clearInterval(timer))
    }
    const run = ['copy', `${source.host}/demo/app:1`, `${destination.host}/demo/app:1`, ...flags]
    const { code, stderr } = await machine.regctl(run, { during })
    machine.remove()
    expect({ code, stderr }).toMatchObject({ code: 0 })
    expect(layers.taken.size).toBe(sizes.length + 2)
    expect(peak / MiB).toBeGreaterThan(20)
    expect(peak / MiB).toBeLessThan(150)
  })
})

/** Bytes of the most that was ever resident; asked again and again, for a process that has ended says nothing. */
function highWater(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}
