import { discard } from '../http/body.ts'
import { type HttpRequest, type HttpResponse, isRead, type Layer } from '../http/http.ts'

const header = 'x-harbor-csrf-token'

/**
 * Harbor checks requests that carry its session cookie for a token that its answers hand out: the last one goes back with whatever
 * changes something, and a refusal that brings a new one is answered with that, once (2.9, T22).
 */
export function csrf(): Layer {
  let token: string | undefined
  const learn = ({ headers }: HttpResponse) => {
    const given = headers[header]
    if (typeof given === 'string' && /^[\x21-\x7e]{1,4096}$/.test(given)) token = given
  }
  return next => async request => {
    if (isRead(request)) {
      const response = await next(request)
      learn(response)
      return response
    }
    const sent = token
    const response = await next(withToken(request, sent))
    learn(response)
    if (response.status !== 403 || token === sent) return response
    await discard(response)
    return next(withToken(request, token))
  }
}

function withToken(request: HttpRequest, token: string | undefined): HttpRequest {
  return token === undefined ? request : { ...request, headers: { ...request.headers, [header]: token } }
}
