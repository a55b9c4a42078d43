import type { IncomingMessage } from 'node:http'
import type { Users } from './htpasswd.ts'
import { Refusal } from './respond.ts'

/**
 * Lets a request through whose `Authorization: Basic` is right (RFC 7617); everybody when there are no users.
 * @throws Refusal 401 with a challenge.
 */
export async function authenticate(req: IncomingMessage, users: Users | undefined): Promise<void> {
  if (!users) return
  const credential = parseBasic(req.headers.authorization)
  if (credential && (await users.check(credential.user, credential.password))) return
  throw new Refusal(401, 'UNAUTHORIZED', 'authentication required', {
    headers: { 'WWW-Authenticate': 'Basic realm="regctl"' },
  })
}

function parseBasic(header: string | undefined): { user: string; password: string } | undefined {
  const encoded = /^basic +([A-Za-z0-9+/=_-]+)$/i.exec(header ?? '')?.[1]
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) }
}
