import { basicHeader } from '../auth/credential.ts'
import type { FoundCredential } from '../credentials/credentials.ts'
import { sameOrigin } from '../http/addresses.ts'
import { discard } from '../http/body.ts'
import { isRead, type Layer } from '../http/http.ts'
import type { Notify } from '../model/notice.ts'

export interface BasicOptions {
  /** Where the interface is served: the login goes there and to no other scheme, host or port (T1). */
  baseUrl: string
  registry: string
  /** Looked up once. */
  credential: () => Promise<FoundCredential | undefined>
  notify?: Notify | undefined
}

/**
 * `Authorization: Basic` from the first request on: these interfaces do not ask, they show less. What is refused with 401 and only
 * reads is asked for once more without it, and a notice says so.
 */
export function basic({ baseUrl, registry, credential, notify }: BasicOptions): Layer {
  let looked: Promise<FoundCredential | undefined> | undefined
  let setAside = false
  return next => async request => {
    if (!sameOrigin(request.url, baseUrl)) return next(request)
    looked ??= credential()
    const found = setAside && isRead(request) ? undefined : await looked
    const authorization = basicHeader(found?.credential)
    if (!found || authorization === undefined) return next(request)
    const response = await next({ ...request, headers: { ...request.headers, authorization } })
    if (response.status !== 401) return response
    const { credential: refused, source } = found
    const login = { username: refused.kind === 'password' ? refused.username : undefined, source }
    if (!isRead(request)) return { ...response, refused: login }
    const open = await next(request)
    if (open.status === 401 || open.status === 403) {
      await discard(open)
      return { ...response, refused: login }
    }
    await discard(response)
    setAside = true
    notify?.({
      code: 'ANONYMOUS_RETRY',
      message: `The credentials for ${registry} from ${source} were refused; reading on without them`,
    })
    return open
  }
}
