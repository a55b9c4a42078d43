import { hubApi } from '../catalog/hub.ts'
import { wantsSecondFactor } from '../catalog/hub-account.ts'
import type { Credential } from '../credentials/credentials.ts'
import type { Send } from '../http/http.ts'
import { RegctlError } from '../model/errors.ts'
import { hubRegistry } from '../model/reference.ts'

export interface RefusedLogin {
  registry: string
  credential: Extract<Credential, { kind: 'password' }>
  /** To a product's own interface, without any login. */
  send: Send
  signal: AbortSignal | undefined
}

/** The same refusal with the reason that people stumble over most, where it is that; anything else comes back as it was. */
export async function explainRefusal(error: unknown, refused: RefusedLogin): Promise<unknown> {
  if (!(error instanceof RegctlError) || error.code !== 'UNAUTHORIZED') return error
  const { registry, credential } = refused
  // A shell has made nothing of `$team`: Harbor's robots are robot$team+name.
  if (/^robot(?:\+|$)/.test(credential.username)) {
    return new RegctlError('UNAUTHORIZED', error.message, {
      hint: "the name of a robot has a $, which a shell takes for itself: -u 'robot$project+name', in single quotes",
      cause: error,
    })
  }
  if (registry !== hubRegistry || !(await isShortOfSecondFactor(refused))) return error
  const message = `the account ${credential.username} has two-factor authentication, for which ${hubRegistry} takes no password`
  return new RegctlError('UNAUTHORIZED', message, {
    hint: 'make a personal access token at https://app.docker.com/settings and give it in place of the password',
    cause: error,
  })
}

async function isShortOfSecondFactor({ credential, send, signal }: RefusedLogin): Promise<boolean> {
  try {
    return await wantsSecondFactor({ registry: hubRegistry, baseUrl: hubApi, send }, credential, signal)
  } catch (error) {
    if (signal?.aborted) throw error
    return false
  }
}
