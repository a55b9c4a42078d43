import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { RegctlError } from '../model/errors.ts'

/** Who may come in. */
export interface Users {
  check(user: string, password: string): Promise<boolean>
}

const bcryptHash = /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/
const rememberedLogins = 1000

/**
 * Reads lines of `user:hash` as `htpasswd -B` writes them; empty lines and `#` comments are skipped.
 * @throws RegctlError CONFIG_INVALID naming the line, never its text, for what is no bcrypt hash.
 */
export function parseHtpasswd(text: string): Users {
  const hashes = new Map<string, string>()
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const colon = line.indexOf(':')
    const hash = line.slice(colon + 1).trim()
    if (colon < 1 || !bcryptHash.test(hash)) {
      throw new RegctlError('CONFIG_INVALID', `line ${at + 1} of the htpasswd file is not a user with a bcrypt hash`, {
        hint: 'write it with: htpasswd -B FILE USER',
      })
    }
    hashes.set(line.slice(0, colon), hash)
  }
  return usersOf(hashes)
}

function usersOf(hashes: ReadonlyMap<string, string>): Users {
  const [anyHash] = hashes.values()
  // What was verified once need not cost bcrypt's 50 ms again. Kept under a key of this process, so that a dump has no passwords.
  const key = randomBytes(32)
  const remembered = new Map<string, Buffer>()
  // One at a time: a flood of guesses must not take the whole event loop.
  let queue: Promise<unknown> = Promise.resolve()

  async function compare(password: string, hash: string): Promise<boolean> {
    const { default: bcrypt } = await import('bcryptjs')
    const turn = queue.then(() => bcrypt.compare(password, hash))
    queue = turn.catch(() => undefined)
    return turn
  }

  return {
    async check(user, password) {
      const mark = createHmac('sha256', key).update(`${user.length}:${user}${password}`).digest()
      const before = remembered.get(user)
      if (before && timingSafeEqual(before, mark)) return true
      // Somebody unknown waits as long as somebody known, so that time tells no names.
      const hash = hashes.get(user) ?? anyHash
      if (hash === undefined) return false
      const right = (await compare(password, hash)) && hashes.has(user)
      if (right && remembered.size < rememberedLogins) remembered.set(user, mark)
      return right
    },
  }
}
