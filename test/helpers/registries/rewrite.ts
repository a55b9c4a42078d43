import type { IncomingMessage, OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http'

/** Answers under another path: the request's is changed before, and the answer's `Location` and `Link` afterwards. */
export function rewrite(
  req: IncomingMessage,
  res: ServerResponse,
  { inwards, outwards }: { inwards: (url: string) => string; outwards: (name: string, value: string) => string },
): void {
  req.url = inwards(req.url ?? '')
  const changed = (name: string, value: OutgoingHttpHeader) =>
    /^(?:location|link)$/i.test(name) ? outwards(name.toLowerCase(), String(value)) : value
  const setHeader = res.setHeader.bind(res)
  res.setHeader = (name, value) => setHeader(name, typeof value === 'string' ? String(changed(name, value)) : value)
  const writeHead = res.writeHead.bind(res) as (status: number, headers?: OutgoingHttpHeaders) => ServerResponse
  const head = (status: number, headers: OutgoingHttpHeaders = {}) =>
    writeHead(
      status,
      Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value && changed(name, value)])),
    )
  Object.assign(res, { writeHead: head })
}
