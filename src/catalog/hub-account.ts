import { checkTokenText } from '../auth/credential.ts'
import type { Credential, FoundCredential } from '../credentials/credentials.ts'
import { discard } from '../http/body.ts'
import { RegctlError } from '../model/errors.ts'
import type { Notify } from '../model/notice.ts'
import { RegistryError } from '../registry/errors.ts'
import { type Api, ask, askObject, readObject } from './api.ts'
import { text } from './fields.ts'

/** The account of this run at Docker Hub's own interface; its token stays in memory. */
export interface HubAccount {
  /** `undefined`: nobody is logged in, or the login is refused, and what is open to all is read without it. */
  token(signal: AbortSignal | undefined): Promise<string | undefined>
  /** @throws RegctlError UNAUTHORIZED where there is no login that the interface takes */
  required(signal: AbortSignal | undefined): Promise<string>
}

export interface HubAccountOptions {
  /** `https://hub.docker.com`, without any login: the password goes there and nowhere else (T1, T2). */
  api: Api
  /** Looked up when first needed. */
  credential: () => Promise<FoundCredential | undefined>
  /** Asks the person for the code of the second factor; without it there is nobody to ask. */
  secondFactor?: ((account: string) => Promise<string>) | undefined
  notify?: Notify | undefined
}

type Password = Extract<Credential, { kind: 'password' }>

const what = 'login at hub.docker.com'

export function createHubAccount(options: HubAccountOptions): HubAccount {
  let opening: Promise<string> | undefined
  let refused = false
  const open = (given: HubAccountOptions, signal: AbortSignal | undefined) => {
    opening ??= logIn(given, signal)
    opening.catch(() => {
      opening = undefined
    })
    return opening
  }
  return {
    required: signal => open(options, signal),
    async token(signal) {
      if (opening) return opening
      const found = await options.credential()
      if (refused || found?.credential.kind !== 'password') return undefined
      try {
        // Nobody is asked for a code to read what is mostly open to all.
        return await open({ ...options, secondFactor: undefined }, signal)
      } catch (error) {
        if (!(error instanceof RegctlError) || !['UNAUTHORIZED', 'DENIED'].includes(error.code)) throw error
        refused = true
        options.notify?.({ code: 'ANONYMOUS_RETRY', message: `${error.message}; reading on without it` })
        return undefined
      }
    },
  }
}

async function logIn({ api, credential, secondFactor }: HubAccountOptions, signal: AbortSignal | undefined) {
  const found = await credential()
  if (!found) throw unauthorized('docker.io wants a login for this', undefined)
  const { credential: login, source } = found
  if (login.kind !== 'password') {
    throw unauthorized(`the login for docker.io from ${source} is a token that hub.docker.com does not take`, source)
  }
  const given = await tokenFor(api, login, signal)
  if (given !== undefined) return given
  return legacyToken(api, login, { signal, secondFactor, source })
}

/** Passwords, personal and organization access tokens alike; `undefined` where this address is not there, or wants a second factor. */
async function tokenFor(api: Api, { username, password }: Password, signal: AbortSignal | undefined) {
  const response = await ask(api, {
    method: 'POST',
    path: '/v2/auth/token',
    json: { identifier: username, secret: password },
    what,
    expect: [200, 401, 404, 405],
    signal,
  })
  if (response.status !== 200) {
    await discard(response)
    return undefined
  }
  const { access_token: token } = await readObject(api, response, what)
  return tokenText(token)
}

/** Whether the password is right and still not enough: the account has a second factor. The password goes to hub.docker.com alone. */
export async function wantsSecondFactor(api: Api, login: Password, signal: AbortSignal | undefined): Promise<boolean> {
  return (await showPassword(api, login, signal)).pending !== undefined
}

/** The older login: it gives a token, or, with `pending`, says that a second factor is wanted, or, with neither, that the password is wrong. */
async function showPassword(
  api: Api,
  { username, password }: Password,
  signal: AbortSignal | undefined,
): Promise<{ token?: unknown; pending?: string | undefined }> {
  const response = await ask(api, {
    method: 'POST',
    path: '/v2/users/login',
    json: { username, password },
    what,
    expect: [200, 401],
    signal,
  })
  const answer = await readObject(api, response, what)
  return response.status === 200 ? { token: answer.token ?? null } : { pending: text(answer.login_2fa_token) }
}

interface Legacy {
  signal: AbortSignal | undefined
  secondFactor: HubAccountOptions['secondFactor']
  source: string
}

/** By the older login, with the code of the second factor where one is wanted. */
async function legacyToken(api: Api, login: Password, { signal, secondFactor, source }: Legacy) {
  const { username } = login
  const { token: given, pending } = await showPassword(api, login, signal)
  if (given !== undefined) return tokenText(given)
  if (pending === undefined) throw unauthorized(`hub.docker.com did not accept the login of ${username}`, source)
  if (!secondFactor) {
    throw unauthorized(`the account ${username} has two-factor authentication, so its password is not enough`, source)
  }
  const code = (await secondFactor(username)).trim()
  const { token } = await askObject(api, {
    method: 'POST',
    path: '/v2/users/2fa-login',
    json: { login_2fa_token: pending, code },
    what,
    signal,
  }).catch((error: unknown) => {
    if (error instanceof RegistryError && error.status === 401)
      throw unauthorized(`hub.docker.com did not accept the second factor of ${username}`, source)
    throw error
  })
  return tokenText(token)
}

function tokenText(token: unknown): string {
  const found = text(token)
  if (found === undefined) throw new RegctlError('SERVER_FAILED', 'hub.docker.com answered the login without a token')
  return checkTokenText(found)
}

function unauthorized(message: string, source: string | undefined): RegctlError {
  return new RegctlError('UNAUTHORIZED', source === undefined ? message : `${message} (from ${source})`, {
    hint: 'log in with a personal access token that may do this: regctl login docker.io',
  })
}
