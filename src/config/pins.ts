import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeAtomic } from '../files/atomic.ts'
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
  const read = async (): Promise<Record<string, string>> => {
    try {
      const pins: unknown = JSON.parse(await readFile(path, 'utf8'))
      return typeof pins === 'object' && pins !== null ? { ...(pins as Record<string, string>) } : {}
    } catch {
      return {} // Missing or damaged: nothing is trusted, and a login repairs it.
    }
  }
  const change = (edit: (pins: Record<string, string>) => void) =>
    withLock(path, async () => {
      const pins = await read()
      edit(pins)
      await writeAtomic(path, `${JSON.stringify(pins, null, 2)}\n`, { mode: 0o600, folderMode: 0o700 })
    })
  return {
    of: async registry => {
      const pins = await read()
      return Object.hasOwn(pins, registry) ? pins[registry] : undefined
    },
    pin: async (registry, realmHost) => {
      if ((await read())[registry] === realmHost) return
      await change(pins => {
        pins[registry] = realmHost
      })
    },
    forget: async registry => {
      if (!Object.hasOwn(await read(), registry)) return
      await change(pins => {
        delete pins[registry]
      })
    },
  }
}
