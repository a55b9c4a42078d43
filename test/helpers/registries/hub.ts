import { randomUUID } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { makeImage } from '../images.ts'
import { bodyOf, pageOf, partsOf, reply } from './answers.ts'
import { type Contents, createContents, type TagRow } from './contents.ts'
import { createTokens, scopeNeeded } from './tokens.ts'
import type { Hosts } from './world.ts'

/**
 * Docker Hub, made from documents alone: docs.docker.com "Docker Hub usage and limits: pulls", the Hub API's reference (hub
 * latest.yaml), moby daemon/pkg/registry/search.go, hub-tool pkg/hub/tags.go and docker/hub-mcp src/search.ts, as PROTOCOL.md 3.1
 * quotes them. Nobody has held it against the live service.
 */
export interface Hub {
  contents: Contents
  hosts: Hosts
  quirks: HubQuirks
  /** What the lists say beside the contents: by `namespace/name`. */
  describe(repository: string, about: About): void
}

export interface About {
  description?: string
  stars?: number
  pulls?: number
  /** As the search of the web page writes it: `1B+`. */
  pullsText?: string
  private?: boolean
  publisher?: string
  badge?: 'verified_publisher' | 'open_source' | 'none'
}

/** What the Hub does that others do not, or does on some days. */
export interface HubQuirks {
  /** The quota of anonymous pulls; `undefined`: nothing is said, there is none. */
  quota?: { limit: number; remaining: number; windowSeconds: number; source: string } | undefined
  /** Tokens for the registry never grant deletion, whatever the account may do by the interface. */
  withoutDelete?: boolean
  /** 429 in plain text for every manifest. */
  limited?: boolean
  /** `/v2/namespaces/…` is not there yet. */
  legacyPathsOnly?: boolean
  /** `POST /v2/auth/token` is not there yet. */
  legacyLoginOnly?: boolean
  /** The web page's search is away: v4 is no documented interface. */
  searchV4?: 'ok' | 'missing' | 'web page'
  /** Where lists say that their next page is. */
  nextPage?: (url: string) => string
  /** The last page names a next one, which is 404. */
  pagePastTheEnd?: boolean
  /** Tags without `digest`, as old ones are. */
  withoutDigest?: readonly string[]
  /** Accounts with two-factor authentication, and their code: a password alone gives no token, an access token does. */
  secondFactor?: Readonly<Record<string, { password: string; code: string }>>
  /** Without a `User-Agent` everything is 403. */
  wantsUserAgent?: boolean
  /** 429 of the product's interface with the old header, an epoch. */
  apiLimitedOnce?: { retryAt: () => number }
}

export interface HubOptions {
  /** Name to password or access token. */
  users?: Readonly<Record<string, string>>
  quirks?: HubQuirks
}

/** Where blobs are served. */
const cdn = 'production.cloudflare.docker.com'
const times = { last_pushed: '2024-10-01T10:00:00.123456Z', last_pulled: '2024-11-20T08:30:00.5Z' }

export function createHub({ users = {}, quirks: given = {} }: HubOptions = {}): Hub {
  const contents = createContents()
  const quirks: HubQuirks = { wantsUserAgent: true, searchV4: 'ok', ...given }
  // Docker's own image for asking about the quota; in memory it is there before anybody can ask.
  contents.push('ratelimitpreview/test', makeImage({ layers: 0, seed: 'ratelimitpreview' }), 'latest').catch(() => {})
  const abouts = new Map<string, About>()
  const jwts = new Map<string, string>()
  const aboutOf = (name: string): About => abouts.get(name) ?? {}
  const mayRead = (user: string, name: string) => !aboutOf(name).private || user === name.split('/')[0]
  const tokens = createTokens({
    realm: 'https://auth.docker.io/token',
    service: 'registry.docker.io',
    users,
    allows: (user, name, action) =>
      !(quirks.withoutDelete && action === 'delete') &&
      (action === 'pull' ? mayRead(user, name) : user === name.split('/')[0]),
  })

  const registry: RequestListener = (req, res) => {
    const needed = scopeNeeded(req)
    const grant = tokens.grantOf(req)
    const scope = needed ? `repository:${needed.name}:${needed.action}` : ''
    if (!grant || (needed && !grant.scopes.includes(`${needed.name}:${needed.action}`))) {
      const errors = [{ code: 'UNAUTHORIZED', message: 'authentication required', detail: null }]
      return reply(res, 401, { errors }, { 'www-authenticate': tokens.challenge(scope) })
    }
    const { path, query } = partsOf(req)
    // Pages of tags hold a hundred at most, whatever is asked for.
    if (path.endsWith('/tags/list') && Number(query.get('n') ?? 0) > 100)
      req.url = req.url?.replace(/n=\d+/, 'n=100') ?? ''
    if (path.includes('/blobs/sha256:') && req.method === 'GET') {
      return void res.writeHead(307, { location: `https://${cdn}${path}?X-Amz-Signature=signed` }).end()
    }
    // There is no catalog; the namespace's list stands for it.
    if (path === '/v2/_catalog') return res.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n')
    const isManifest = path.includes('/manifests/')
    if (isManifest && req.method === 'DELETE' && !path.includes('sha256:')) {
      return reply(res, 405, { errors: [{ code: 'UNSUPPORTED', message: 'The operation is unsupported.' }] })
    }
    if (isManifest && req.method === 'DELETE') {
      const digest = path.slice(path.lastIndexOf('/') + 1)
      return void contents.rows(needed?.name ?? '').then(rows => {
        if (!rows?.some(row => row.digest === digest)) return contents.v2(req, res)
        reply(res, 403, { errors: [{ code: 'DENIED', message: 'the manifest is referenced by a tag' }] })
      })
    }
    if (isManifest && quirks.limited && req.method === 'GET') {
      return res
        .writeHead(429, { 'content-type': 'text/plain', 'retry-after': '100000' })
        .end('You have reached your pull rate limit. You may increase the limit by authenticating and upgrading')
    }
    const { quota } = quirks
    if (isManifest && quota) {
      // A HEAD is free, a GET counts.
      if (req.method === 'GET') quota.remaining = Math.max(0, quota.remaining - 1)
      res.setHeader('ratelimit-limit', `${quota.limit};w=${quota.windowSeconds}`)
      res.setHeader('ratelimit-remaining', `${quota.remaining};w=${quota.windowSeconds}`)
      res.setHeader('docker-ratelimit-source', grant.user === '' ? quota.source : `uuid-of-${grant.user}`)
    }
    contents.v2(req, res)
  }

  const api: RequestListener = async (req, res) => {
    const { parts, path } = partsOf(req)
    if (quirks.apiLimitedOnce) {
      const { retryAt } = quirks.apiLimitedOnce
      delete quirks.apiLimitedOnce
      return reply(res, 429, { detail: 'Rate limit exceeded' }, { 'x-retry-after': String(retryAt()) })
    }
    if (path === '/v2/auth/token' && req.method === 'POST' && !quirks.legacyLoginOnly) return logIn(req, res)
    if (path === '/v2/users/login' && req.method === 'POST') return legacyLogIn(req, res)
    if (path === '/v2/users/2fa-login' && req.method === 'POST') return secondLogIn(req, res)
    if (path === '/api/search/v4') return searchV4(req, res)
    const user = jwts.get((req.headers.authorization ?? '').replace(/^Bearer /, '')) ?? ''
    if (req.headers.authorization !== undefined && user === '') return reply(res, 401, { detail: 'Invalid token' })
    if (parts[0] !== 'v2') return notFound(res)
    const [, kind = '', ...rest] = parts
    if (kind === 'namespaces' && !quirks.legacyPathsOnly) {
      const [namespace = '', , name, list] = rest
      return name === undefined
        ? namespaceList(req, res, { namespace, user })
        : tagList(req, res, { name: `${namespace}/${name}`, list, user })
    }
    if (kind !== 'repositories') return notFound(res)
    const [namespace = '', name = '', list, tag] = rest
    if (req.method === 'DELETE') return deleteTag(res, { name: `${namespace}/${name}`, tag: tag ?? '', user })
    if (name === '') return namespaceList(req, res, { namespace, user })
    return tagList(req, res, { name: `${namespace}/${name}`, list, user })
  }

  async function logIn(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { identifier, secret } = await bodyOf(req)
    if (users[String(identifier)] !== secret) return reply(res, 401, { detail: 'Incorrect authentication credentials' })
    reply(res, 200, { access_token: jwtFor(String(identifier)) })
  }

  async function legacyLogIn(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { username, password } = await bodyOf(req)
    const name = String(username)
    if (quirks.secondFactor?.[name]?.password === password) {
      const detail = 'Require secondary authentication on MFA enabled account'
      return reply(res, 401, { detail, login_2fa_token: `pending-${name}` })
    }
    if (users[name] !== password) return reply(res, 401, { detail: 'Incorrect authentication credentials' })
    reply(res, 200, { token: jwtFor(name) })
  }

  async function secondLogIn(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { login_2fa_token: pending, code } = await bodyOf(req)
    const name = String(pending).replace('pending-', '')
    if (quirks.secondFactor?.[name]?.code !== code) return reply(res, 401, { detail: 'Incorrect code' })
    reply(res, 200, { token: jwtFor(name) })
  }

  function jwtFor(user: string): string {
    const token = `jwt.${Buffer.from(user).toString('base64url')}.${randomUUID()}`
    jwts.set(token, user)
    return token
  }

  async function namespaceList(
    req: IncomingMessage,
    res: ServerResponse,
    { namespace, user }: { namespace: string; user: string },
  ) {
    const all = (await contents.names()).filter(name => name.startsWith(`${namespace}/`) && mayRead(user, name))
    if (all.length === 0) return notFound(res)
    const results = all.map(name => {
      const { description = '', stars = 0, pulls = 0, private: isPrivate = false } = aboutOf(name)
      return {
        name: name.slice(namespace.length + 1),
        namespace,
        repository_type: 'image',
        status: 1,
        description,
        is_private: isPrivate,
        star_count: stars,
        pull_count: pulls,
        last_updated: times.last_pushed,
        date_registered: '2014-06-05T19:14:45Z',
        categories: [],
        storage_size: null,
      }
    })
    numbered(req, res, results)
  }

  async function tagList(
    req: IncomingMessage,
    res: ServerResponse,
    { name, list, user }: { name: string; list: string | undefined; user: string },
  ) {
    const rows = mayRead(user, name) && list === 'tags' ? await contents.rows(name) : undefined
    if (!rows) return notFound(res)
    numbered(
      req,
      res,
      rows.map((row, at) => tagOf(row, at, quirks)),
    )
  }

  function numbered(req: IncomingMessage, res: ServerResponse, all: readonly unknown[]) {
    const { query, path } = partsOf(req)
    const { items, page, size } = pageOf(all, query)
    if (items.length === 0 && page > 1) return reply(res, 404, { message: 'not found', errinfo: {} })
    const more = page * size < all.length || (quirks.pagePastTheEnd && items.length > 0)
    const next = `https://hub.docker.com${path}?page=${page + 1}&page_size=${size}`
    reply(res, 200, {
      count: all.length,
      next: more ? (quirks.nextPage?.(next) ?? next) : null,
      previous: null,
      results: items,
    })
  }

  async function deleteTag(res: ServerResponse, { name, tag, user }: { name: string; tag: string; user: string }) {
    if (user === '') return reply(res, 401, { detail: 'Authentication credentials were not provided.' })
    if (user !== name.split('/')[0])
      return reply(res, 403, { detail: 'You do not have permission to perform this action.' })
    if (!(await contents.untag(name, tag))) return notFound(res)
    res.writeHead(204).end()
  }

  async function matching(query: string): Promise<string[]> {
    const wanted = query.toLowerCase()
    const said = (name: string) => `${name} ${aboutOf(name).description ?? ''}`.toLowerCase()
    const all = (await contents.names()).filter(name => said(name).includes(wanted) && !aboutOf(name).private)
    return all.sort((a, b) => (aboutOf(b).stars ?? 0) - (aboutOf(a).stars ?? 0))
  }

  /** The search of `docker search`; official images have no namespace in it. */
  const index: RequestListener = async (req, res) => {
    const { path, query } = partsOf(req)
    if (path !== '/v1/search') return notFound(res)
    const term = query.get('q') ?? ''
    const size = Number(query.get('n') ?? 25)
    if (size < 1 || size > 100) return reply(res, 400, { message: 'limit is out of range' })
    const all = await matching(term)
    const page = Number(query.get('page') ?? 1)
    const results = all.slice((page - 1) * size, page * size).map(name => {
      const { description = '', stars = 0 } = aboutOf(name)
      const official = name.startsWith('library/')
      return {
        name: name.replace(/^library\//, ''),
        description,
        star_count: stars,
        is_official: official,
        is_automated: false,
        is_trusted: false,
      }
    })
    reply(res, 200, {
      num_pages: Math.ceil(all.length / size),
      num_results: all.length,
      page_size: size,
      page,
      query: term,
      results,
    })
  }

  /** The search of the web page: pulls are a text. */
  async function searchV4(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (quirks.searchV4 === 'web page') {
      res.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Docker Hub</title>')
      return
    }
    if (quirks.searchV4 === 'missing') return notFound(res)
    const { query } = partsOf(req)
    const all = await matching(query.get('query') ?? '')
    const from = Number(query.get('from') ?? 0)
    const results = all.slice(from, from + Number(query.get('size') ?? 25)).map(name => {
      const { description = '', stars = 0, pullsText = '0', publisher = '', badge = 'none' } = aboutOf(name)
      return {
        id: name,
        name: name.replace(/^library\//, ''),
        slug: name.replace(/^library\//, ''),
        type: 'image',
        publisher: { id: publisher, name: publisher },
        short_description: description,
        badge: name.startsWith('library/') ? 'official' : badge,
        star_count: stars,
        pull_count: pullsText,
        operating_systems: [{ name: 'linux', label: 'Linux' }],
        architectures: [{ name: 'amd64', label: 'x86-64' }],
        archived: false,
      }
    })
    reply(res, 200, { total: all.length, results })
  }

  /** Signed addresses serve nobody who brings a login of another kind, as S3 does. */
  const storage: RequestListener = (req, res) => {
    if (req.headers.authorization !== undefined) return void res.writeHead(400).end('Only one auth mechanism allowed')
    contents.v2(req, res)
  }

  const polite =
    (listener: RequestListener): RequestListener =>
    (req, res) =>
      quirks.wantsUserAgent && !req.headers['user-agent'] ? void res.writeHead(403).end() : listener(req, res)

  return {
    contents,
    quirks,
    describe: (repository, about) => abouts.set(repository, about),
    hosts: {
      'registry-1.docker.io': polite(registry),
      'auth.docker.io': polite(tokens.listener),
      'hub.docker.com': polite(api),
      'index.docker.io': polite(index),
      [cdn]: storage,
    },
  }
}

function tagOf({ name, digest, mediaType, images }: TagRow, at: number, { withoutDigest = [] }: HubQuirks) {
  const pushed = `2024-10-${String((at % 28) + 1).padStart(2, '0')}T10:00:00.123456Z`
  return {
    id: at + 1,
    name,
    creator: 7,
    last_updated: pushed,
    last_updater_username: 'doijanky',
    repository: 1,
    // Of one platform, whatever it is called.
    full_size: images[0]?.size ?? 0,
    v2: true,
    tag_status: 'active',
    tag_last_pulled: at === 0 ? '0001-01-01T00:00:00Z' : times.last_pulled,
    tag_last_pushed: pushed,
    media_type: mediaType,
    content_type: 'image',
    ...(!withoutDigest.includes(name) && { digest }),
    images: images.map(image => ({
      architecture: image.architecture,
      features: '',
      variant: image.variant,
      digest: image.digest,
      os: image.os,
      os_features: '',
      os_version: null,
      size: image.size,
      status: 'active',
      ...times,
    })),
  }
}

function notFound(res: ServerResponse): void {
  reply(res, 404, { message: 'object not found', errinfo: {} })
}
