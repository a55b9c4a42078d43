import type { IncomingMessage, OutgoingHttpHeaders, RequestListener, ServerResponse } from 'node:http'
import { basicOf, partsOf, reply } from './answers.ts'
import { type Contents, createContents } from './contents.ts'
import type { Hosts } from './world.ts'

/**
 * Docker's own registry, distribution, in the ways of three versions, made from its source: registry/handlers/{catalog,tags,manifests}.go
 * and registry/api/errcode, as PROTOCOL.md 3.0 and items 54 to 59, 70 quote them. What is Debian's 2.8 is tested against the real one as well
 * (test/helpers/real.ts).
 */
export interface Distribution {
  contents: Contents
  hosts: Hosts
  quirks: DistributionQuirks
}

export interface DistributionQuirks {
  /**
   * `2.8`: tag lists are whole whatever is asked for, a tag cannot be deleted. `3.0`: a list that goes on after a name that is not there
   * leaves one out. `3.1`: a page of tags has at most 1000.
   */
  version?: '2.8' | '3.0' | '3.1'
  /** `storage.delete.enabled: false`: every DELETE is 405. */
  deleteOff?: boolean
  /** `catalog.maxentries`; default 1000. */
  maxEntries?: number
}

export interface DistributionOptions {
  host?: string
  /** htpasswd: Basic for everything; nobody is asked when absent. */
  users?: Readonly<Record<string, string>>
  quirks?: DistributionQuirks
}

export function createDistribution({
  host = 'registry.example:5000',
  users,
  quirks: given = {},
}: DistributionOptions = {}): Distribution {
  const contents = createContents()
  const quirks: DistributionQuirks = { version: '2.8', ...given }
  const failed = (res: ServerResponse, status: number, code: string, message: string, headers = {}) =>
    reply(res, status, { errors: [{ code, message, detail: null }] }, headers)

  const listener: RequestListener = (req, res) => {
    res.setHeader('docker-distribution-api-version', 'registry/2.0')
    const login = basicOf(req)
    if (users && !(login && users[login.user] === login.password)) {
      return failed(res, 401, 'UNAUTHORIZED', 'authentication required', {
        'www-authenticate': 'Basic realm="Registry Realm"',
      })
    }
    const { path } = partsOf(req)
    if (path === '/v2/_catalog') return void catalog(req, res)
    const name = /^\/v2\/(.+)\/tags\/list$/.exec(path)?.[1]
    if (name !== undefined) return void tags(req, res, name)
    // No version has the referrers API.
    if (/\/referrers\/[^/]+$/.test(path))
      return void res.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n')
    if (req.method === 'DELETE') {
      if (quirks.deleteOff) return failed(res, 405, 'UNSUPPORTED', 'The operation is unsupported.')
      if (quirks.version === '2.8' && /\/manifests\/[^:]+$/.test(path)) {
        return failed(res, 400, 'DIGEST_INVALID', 'provided digest did not match uploaded content')
      }
    }
    contents.v2(req, withoutSubject(res))
  }

  async function catalog(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { query } = partsOf(req)
    const most = quirks.maxEntries ?? 1000
    const size = Number(query.get('n') ?? 100)
    if (quirks.version !== '2.8' && (size > most || size < 0)) {
      return failed(res, 400, 'PAGINATION_NUMBER_INVALID', 'invalid number of results requested')
    }
    const names = await contents.names()
    page(res, { names, query, size, path: '/v2/_catalog', field: {}, key: 'repositories' })
  }

  async function tags(req: IncomingMessage, res: ServerResponse, name: string): Promise<void> {
    const rows = await contents.rows(name)
    if (!rows) return failed(res, 404, 'NAME_UNKNOWN', 'repository name not known to registry')
    const names = rows.map(row => row.name)
    const { query } = partsOf(req)
    if (quirks.version === '2.8') return reply(res, 200, { name, tags: names.length > 0 ? names : null })
    const asked = Number(query.get('n') ?? names.length)
    const size = quirks.version === '3.1' ? Math.min(asked, 1000) : asked
    const last = query.get('last')
    // 3.0 looks the name up and goes on behind where it would stand, one too far when it is not there.
    const skips = quirks.version === '3.0' && last !== null && !names.includes(last)
    page(res, {
      names: skips ? names.filter(each => each > last).slice(1) : names,
      query: skips ? new URLSearchParams() : query,
      size,
      path: `/v2/${name}/tags/list`,
      field: { name },
      key: 'tags',
    })
  }

  return { contents, quirks, hosts: { [host]: listener } }
}

interface List {
  names: readonly string[]
  query: URLSearchParams
  size: number
  path: string
  field: Readonly<Record<string, string>>
  key: string
}

/** With a `Link` that is relative. */
function page(res: ServerResponse, { names, query, size, path, field, key }: List): void {
  const rest = names.filter(name => name > (query.get('last') ?? ''))
  const items = rest.slice(0, size)
  const next = `${path}?last=${encodeURIComponent(items.at(-1) ?? '')}&n=${size}`
  reply(res, 200, { ...field, [key]: items }, rest.length > size ? { link: `<${next}>; rel="next"` } : {})
}

/** No version says `OCI-Subject`, so that whoever pushes a subject keeps its list by the tag schema (item 50). */
function withoutSubject(res: ServerResponse): ServerResponse {
  const writeHead = res.writeHead.bind(res)
  return Object.assign(res, {
    writeHead(status: number, { 'OCI-Subject': _, ...headers }: OutgoingHttpHeaders = {}) {
      return writeHead(status, headers)
    },
  })
}
