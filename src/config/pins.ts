import { join } from 'node:path'
import { readEntries, writeEntries } from '../files/entries.ts'
import { withLock } from '../files/lock.ts'

/**
 * The token service that each registry named when its user logged in. Later runs send the password there and nowhere else (T2).
 * Kept apart from what may be thrown away: losing it costs a new login, nothing more.
 */
export interface RealmPins {
  of(registry: string): Promise<string | undefined>
  pin(registry: string, realmHost: string): Promise<void>
  forget(registry: string): Promise<void>
}

export function realmPins(stateFolder: string): RealmPins {
  const path = join(stateFolder, 'realms.json')
  // Where it is damaged nothing is trusted, and a login repairs it.
  const read = () => readEntries(path, isHost)
  const change = (edit: (pins: Map<string, string>) => void) =>
    withLock(path, async () => {
      const pins = await read()
      edit(pins)
      await writeEntries(path, pins)
    })
  return {
    of: async registry => (await read()).get(registry),
    pin: async (registry, realmHost) => {
      if ((await read()).get(registry) === realmHost) return
      await change(pins => void pins.set(registry, realmHost))
    },
    forget: async registry => {
      if (!(await read()).has(registry)) return
      await change(pins => void pins.delete(registry))
    },
  }
}

function isHost(value: unknown): value is string {
  return typeof value === 'string'
}
