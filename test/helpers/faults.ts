/** What a request is about, by its path: `PUT upload` closes a session, `POST uploads` opens one. */
export type Kind = 'base' | 'manifest' | 'blob' | 'uploads' | 'upload' | 'list'

/** Something that goes wrong with a body on its way, either way. */
export interface BodyFault {
  /** Bytes of the body that pass first; 0 when absent. */
  after?: number
  /** `cut` closes both connections, `stall` holds the rest back, `flip` changes the next byte. */
  harm?: 'cut' | 'stall' | 'flip'
  /** Of a stall; for ever when absent. */
  milliseconds?: number
  bytesPerSecond?: number
}

/** The start of an answer. */
export interface Head {
  status: number
  /** Lower-case names. */
  headers: Record<string, string | readonly string[]>
}

/** A whole answer. */
export interface Words extends Head {
  body?: string
}

/** What a fault may depend on; `turn` counts how often its rule has struck, from 1. */
export interface Asked {
  path: string
  host: string
  turn: number
}

/** What happens to one exchange, on top of the truth or in its place. */
export interface Fault {
  /** Said by the proxy itself; the registry never hears of the request. */
  answer?: (asked: Asked) => Words
  /** Closes the connection before the registry is asked, or after it has answered: then only its answer is lost. */
  hangUp?: 'before' | 'after'
  /** Milliseconds that the head of the answer is held back. */
  late?: number
  /** On the request's body. */
  up?: BodyFault
  /** On the answer's body. */
  down?: BodyFault
  /** Request headers that the registry does not get to see. */
  hide?: readonly string[]
  /** Changes the answer's head on its way. */
  rewrite?: (head: Head, asked: Asked) => Head
  /** The answer's body ends where its connection does: neither Content-Length nor chunks. */
  endless?: true
  /** The upload session is gone from this moment on. */
  lose?: true
  /** Nobody listens for so many milliseconds: from the cut of a body fault on, else at once. */
  away?: number
}

export const hangUp: Fault = { hangUp: 'before' }
/** The registry has done what was asked, and nobody is told. */
export const loseAnswer: Fault = { hangUp: 'after' }
/** Connections are refused for so many milliseconds. */
export const away = (milliseconds: number): Fault => ({ away: milliseconds })
export const cutRequest = (after: number): Fault => ({ up: { after, harm: 'cut' } })
export const cutResponse = (after: number): Fault => ({ down: { after, harm: 'cut' } })
/** For ever, when no time is given. */
export const stallRequest = (after: number, milliseconds?: number): Fault => ({ up: stall(after, milliseconds) })
export const stallResponse = (after: number, milliseconds?: number): Fault => ({ down: stall(after, milliseconds) })
export const corruptRequest = (at: number): Fault => ({ up: { after: at, harm: 'flip' } })
export const corruptResponse = (at: number): Fault => ({ down: { after: at, harm: 'flip' } })
export const slowRequest = (bytesPerSecond: number): Fault => ({ up: { bytesPerSecond } })
export const slowResponse = (bytesPerSecond: number): Fault => ({ down: { bytesPerSecond } })
export const loseSession: Fault = { lose: true }

/** A refusal in the words of the specification; `retryAfter` in seconds or as a date. */
export function answer(status: number, { retryAfter, code = 'UNKNOWN', headers = {} }: AnswerOptions = {}): Fault {
  const told = retryAfter instanceof Date ? retryAfter.toUTCString() : retryAfter?.toString()
  const body = JSON.stringify({ errors: [{ code, message: `the proxy says ${status}` }] })
  const type = { 'content-type': 'application/json' }
  return { answer: () => ({ status, headers: { ...type, ...headers, ...(told && { 'retry-after': told }) }, body }) }
}

export interface AnswerOptions {
  retryAfter?: number | Date
  code?: string
  headers?: Head['headers']
}

/** To the same content under another address at each turn, as storage behind a registry signs them. */
export const redirect: Fault = {
  answer: ({ path, turn }) => ({ status: 307, headers: { location: `${path}?signed=${turn}` } }),
}

/** Another status over what the registry said. */
export const restate = (status: number): Fault => ({ rewrite: head => ({ ...head, status }) })
/** Headers set, or removed by `undefined`. */
export const setHeaders = (changes: Record<string, string | undefined>): Fault => ({
  rewrite: ({ status, headers }) => {
    const kept = Object.entries({ ...headers, ...changes }).filter(([, value]) => value !== undefined)
    return { status, headers: Object.fromEntries(kept) as Head['headers'] }
  },
})
export const dropLength: Fault = setHeaders({ 'content-length': undefined })
export const endless: Fault = { endless: true }
export const ignoreRange: Fault = { hide: ['range', 'if-range'] }
/** Another entity tag at each answer, as behind several gateways. */
export const changeEtag: Fault = {
  rewrite: ({ status, headers }, { turn }) => ({ status, headers: { ...headers, etag: `"turn-${turn}"` } }),
}

/** How an upload's Location may be written; all of them mean the same place (item 27). */
export type LocationForm = 'absolute' | 'path' | 'relative' | 'query'

/** Writes Location in another form; `query` adds one that changes at each answer, and the newest alone is taken. */
export function writeLocation(form: LocationForm): Fault {
  return {
    rewrite: ({ status, headers }, { path, host, turn }) => {
      const { location } = headers
      if (typeof location !== 'string') return { status, headers }
      const url = new URL(location, `http://${host}${path}`)
      const forms: Record<LocationForm, string> = {
        absolute: `http://${host}${url.pathname}${url.search}`,
        path: `${url.pathname}${url.search}`,
        relative: `${relativeTo(path, url.pathname)}${url.search}`,
        query: `${url.pathname}${url.search}${url.search ? '&' : '?'}x=a%2Bb%20c+d==&turn=${turn}`,
      }
      return { status, headers: { ...headers, location: forms[form] } }
    },
  }
}

function stall(after: number, milliseconds: number | undefined): BodyFault {
  return { after, harm: 'stall', ...(milliseconds !== undefined && { milliseconds }) }
}

/** `/a/b/c?x` and `/a/d/e` → `../d/e`, against the folder that the path names. */
function relativeTo(path: string, target: string): string {
  const from = path.replace(/\?.*/, '').split('/').slice(0, -1)
  const to = target.split('/')
  const common = from.findIndex((part, at) => part !== to[at])
  const shared = common < 0 ? from.length : common
  return [...from.slice(shared).map(() => '..'), ...to.slice(shared)].join('/')
}
