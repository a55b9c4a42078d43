import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { basicOf, partsOf, reply } from './answers.ts'
import { type Contents, createContents } from './contents.ts'
import { rewrite } from './rewrite.ts'
import { createTokens, scopeNeeded, type Tokens } from './tokens.ts'
import type { Hosts } from './world.ts'

/**
 * Sonatype Nexus Repository 3, made from documents alone: help.sonatype.com "Docker Registry", "Search API", "Components API",
 * "Repositories API", and the issues of sonatype/nexus-public that its quirks name, as PROTOCOL.md 3.4 quotes them. Nobody has held it
 * against a live Nexus.
 */
export interface Nexus {
  /** Repositories are `NEXUS-REPOSITORY/IMAGE` inside. */
  contents: Contents
  hosts: Hosts
  quirks: NexusQuirks
}

export interface NexusQuirks {
  /** #873: the ping of `/v2/` names the realm of this other repository. */
  pingRealm?: string
  /** #1011: links on a connector's port have `/repository/NAME/` before them, and following one is 400. */
  prefixedLinks?: boolean
  /** #117: a group gives no links. */
  groupWithoutLinks?: boolean
  /** `assets[].path` begins with a slash, as newer versions write it. */
  leadingSlash?: boolean
  /** `blobCreated` stands twice in each asset. */
  repeatedKey?: boolean
  /** The index of the search has not seen these tags yet: `REPOSITORY/IMAGE:TAG`. */
  unindexed?: readonly string[]
  /** No `Server` header: a proxy hides it. */
  hidden?: boolean
  /** Without this, tokens are not offered: Basic alone (`forceBasicAuth`). */
  bearerRealm?: boolean
  /** Old versions answer `/referrers/` with a page for people. */
  referrersPage?: boolean
  /** Components that hold more than the manifest of their tag. */
  sharedComponents?: boolean
}

export interface NexusOptions {
  host?: string
  /** `nexus-context-path`: `/nexus`. A proxy in front brings `/v2/` below it; REST, realms and addresses of repositories have it. */
  context?: string
  /** Repository to its kind. */
  repositories?: Readonly<
    Record<string, { type: 'hosted' | 'proxy' | 'group'; format?: 'docker' | 'oci'; members?: readonly string[] }>
  >
  /** Port of a connector to its repository. */
  connectors?: Readonly<Record<number, string>>
  users?: Readonly<Record<string, string>>
  /** Whether nobody may read. */
  anonymous?: boolean
  quirks?: NexusQuirks
}

const pageSize = 50

export function createNexus(options: NexusOptions = {}): Nexus {
  const {
    host = 'nexus.example',
    context = '',
    users = { admin: 'admin123' },
    anonymous = true,
    connectors = { 8082: 'docker-hosted' },
  } = options
  const repositories = options.repositories ?? {
    'docker-hosted': { type: 'hosted' as const },
    'docker-proxy': { type: 'proxy' as const },
    'docker-group': { type: 'group' as const, members: ['docker-hosted', 'docker-proxy'] },
  }
  const contents = createContents()
  const quirks: NexusQuirks = {
    prefixedLinks: true,
    groupWithoutLinks: true,
    repeatedKey: true,
    bearerRealm: true,
    ...options.quirks,
  }
  const tokensOf = new Map<string, Tokens>()
  // Each repository knows its own tokens and no other's.
  const tokensFor = (repository: string, at: string) => {
    const key = `${at} ${repository}`
    const realm = `https://${at}${context}/repository/${repository}/v2/token`
    const known =
      tokensOf.get(key) ??
      createTokens({
        realm,
        service: realm,
        users,
        allows: (user, _, action) => user in users || (anonymous && action === 'pull'),
      })
    tokensOf.set(key, known)
    return known
  }

  /** `/v2/REPOSITORY/IMAGE/…` by the path, or on a connector's port `/v2/IMAGE/…`. */
  function v2(req: IncomingMessage, res: ServerResponse, at: string, connected: string | undefined) {
    const { path } = partsOf(req)
    const inPath = /^\/v2\/([^/]+)\//.exec(path)?.[1] ?? ''
    const ping = path === '/v2/'
    const repository = connected ?? (ping ? (quirks.pingRealm ?? 'docker-hosted') : inPath)
    const kind = repositories[repository]
    if (!kind)
      return reply(res, 404, { errors: [{ code: 'NAME_UNKNOWN', message: 'repository name not known to registry' }] })
    const tokens = tokensFor(repository, at)
    const login = basicOf(req)
    const needed = scopeNeeded(req)
    const byLogin = login !== undefined && users[login.user] === login.password
    const grant = byLogin ? { user: login.user, scopes: undefined } : tokens.grantOf(req)
    const allowed =
      grant && (grant.scopes === undefined || !needed || grant.scopes.includes(`${needed.name}:${needed.action}`))
    if (!allowed) {
      const scope = needed ? `repository:${needed.name}:${needed.action}` : ''
      const challenge = quirks.bearerRealm ? tokens.challenge(scope) : 'Basic realm="Sonatype Nexus Repository Manager"'
      return reply(
        res,
        401,
        { errors: [{ code: 'UNAUTHORIZED', message: 'access to the requested resource is not authorized' }] },
        {
          'www-authenticate': challenge,
        },
      )
    }
    if (ping) return void res.writeHead(200).end()
    if (kind.type !== 'hosted' && needed && needed.action !== 'pull') {
      return reply(res, 405, { errors: [{ code: 'UNSUPPORTED', message: 'The operation is unsupported.' }] })
    }
    const image = path.replace(connected === undefined ? `/v2/${repository}/` : '/v2/', '')
    if (quirks.referrersPage && /\/referrers\/[^/]+$/.test(image)) {
      return void res.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Nexus</title>')
    }
    if (image === '_catalog') return void catalog(res, repository)
    const listed = /^(.+)\/tags\/list$/.exec(image)?.[1]
    if (listed !== undefined) return void tagList(req, res, { repository, image: listed, connected })
    void memberWith(repository, /^(.+?)\/(?:manifests|blobs|referrers)\//.exec(image)?.[1] ?? '').then(member => {
      rewrite(req, res, {
        inwards: url =>
          `/v2/${member}/${image}${url.includes('?') ? url.slice(url.indexOf('?')) : ''}`.replace(
            // A mount names an image of this connector.
            /([?&]from=)/,
            connected === undefined ? '$1' : `$1${connected}/`,
          ),
        outwards: (_, value) =>
          value.replace(`/v2/${member}/`, connected === undefined ? `/v2/${repository}/` : '/v2/'),
      })
      contents.v2(req, res)
    })
  }

  function membersOf(repository: string): readonly string[] {
    return repositories[repository]?.members ?? [repository]
  }

  async function memberWith(repository: string, image: string): Promise<string> {
    for (const member of membersOf(repository)) if (await contents.rows(`${member}/${image}`)) return member
    return membersOf(repository)[0] ?? repository
  }

  async function imagesOf(repository: string): Promise<string[]> {
    const names = await contents.names()
    return membersOf(repository).flatMap(member =>
      names.filter(name => name.startsWith(`${member}/`)).map(name => name.slice(member.length + 1)),
    )
  }

  async function catalog(res: ServerResponse, repository: string): Promise<void> {
    reply(res, 200, { repositories: (await imagesOf(repository)).sort() })
  }

  async function tagList(
    req: IncomingMessage,
    res: ServerResponse,
    place: { repository: string; image: string; connected: string | undefined },
  ) {
    const { repository, image, connected } = place
    const { query } = partsOf(req)
    const rows = (await Promise.all(membersOf(repository).map(member => contents.rows(`${member}/${image}`)))).flatMap(
      each => each ?? [],
    )
    if (rows.length === 0)
      return reply(res, 404, { errors: [{ code: 'NAME_UNKNOWN', message: 'repository name not known to registry' }] })
    const names = [...new Set(rows.map(({ name }) => name))].sort()
    const last = query.get('last') ?? ''
    const size = Number(query.get('n') ?? names.length)
    const rest = names.filter(name => name > last)
    const tags = rest.slice(0, size)
    const path = `/v2/${connected === undefined ? `${repository}/` : ''}${image}/tags/list?n=${size}&last=${tags.at(-1)}`
    const prefix = connected !== undefined && quirks.prefixedLinks ? `/repository/${connected}` : ''
    const links = rest.length > size && !(quirks.groupWithoutLinks && repositories[repository]?.type === 'group')
    reply(res, 200, { name: image, tags }, links ? { link: `<${prefix}${path}>; rel="next"` } : {})
  }

  const rest: RequestListener = async (req, res) => {
    const { path, query } = partsOf(req)
    const login = basicOf(req)
    if (login && users[login.user] !== login.password) return void res.writeHead(401).end()
    if (!login && !anonymous) return void res.writeHead(403).end()
    const route = path.replace(`${context}/service/rest/v1/`, '')
    if (route === 'status') return void res.writeHead(200).end()
    if (route === 'repositories') {
      const all = Object.entries(repositories).map(([name, { type, format = 'docker' }]) => ({
        name,
        format,
        type,
        url: `https://${host}${context}/repository/${name}`,
        attributes: {},
      }))
      return reply(res, 200, [
        ...all,
        {
          name: 'maven-central',
          format: 'maven2',
          type: 'proxy',
          url: `https://${host}${context}/repository/maven-central`,
        },
      ])
    }
    const items = await components()
    if (route === 'search' && req.method === 'GET') {
      const wanted = (parameter: string, value: string) => {
        const asked = query.get(parameter)
        if (asked === null) return true
        // An empty parameter means an empty value.
        return new RegExp(`^${asked.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`).test(value)
      }
      const found = items.filter(
        item =>
          (query.get('repository') === null || membersOf(query.get('repository') ?? '').includes(item.repository)) &&
          wanted('format', item.format) &&
          wanted('name', item.name) &&
          wanted('version', item.version),
      )
      const bound = [...query].filter(([name]) => name !== 'continuationToken').map(pair => pair.join('='))
      const [start = '0', ...of] = Buffer.from(query.get('continuationToken') ?? '', 'hex')
        .toString()
        .split(' ')
      if (query.has('continuationToken') && of.join(' ') !== bound.join('&')) return void res.writeHead(406).end()
      const from = Number(start)
      const more = from + pageSize < found.length
      const token = more ? Buffer.from(`${from + pageSize} ${bound.join('&')}`).toString('hex') : null
      const text = JSON.stringify({ items: found.slice(from, from + pageSize), continuationToken: token })
      const repeated = text.replaceAll(
        '"fileSize"',
        '"blobCreated":"2024-10-01T10:00:00.000+00:00","blobCreated":"2024-10-01T10:00:00.000+00:00","fileSize"',
      )
      return void res.writeHead(200, { 'content-type': 'application/json' }).end(quirks.repeatedKey ? repeated : text)
    }
    const id = /^components\/(.+)$/.exec(route)?.[1]
    if (id !== undefined && req.method === 'DELETE') {
      if (!login) return void res.writeHead(403).end()
      const item = items.find(each => each.id === decodeURIComponent(id))
      if (!item) return void res.writeHead(404).end()
      await contents.untag(`${item.repository}/${item.name}`, item.version)
      return void res.writeHead(204).end()
    }
    res.writeHead(404).end()
  }

  async function components() {
    const names = await contents.names()
    const all = await Promise.all(names.map(async name => ({ name, rows: (await contents.rows(name)) ?? [] })))
    return all.flatMap(({ name: full, rows }) => {
      const repository = full.split('/')[0] ?? ''
      const name = full.slice(repository.length + 1)
      const format = repositories[repository]?.format ?? 'docker'
      return rows
        .filter(row => !quirks.unindexed?.includes(`${full}:${row.name}`))
        .map((row, at) => {
          const asset = (path: string) => ({
            downloadUrl: `https://${host}${context}/repository/${repository}/${path}`,
            path: `${quirks.leadingSlash ? '/' : ''}${path}`,
            id: `asset-${path}`,
            repository,
            format,
            checksum: { sha1: 'da39a3ee5e6b4b0d3255bfef95601890afd80709', sha256: row.digest.replace('sha256:', '') },
            contentType: row.mediaType,
            lastModified: `2024-10-${String((at % 28) + 1).padStart(2, '0')}T10:00:00.000+00:00`,
            lastDownloaded: at === 0 ? null : '2024-11-20T08:30:00.000+00:00',
            uploader: 'admin',
            uploaderIp: '192.0.2.1',
            fileSize: 1778,
          })
          const own = asset(`v2/${name}/manifests/${row.name}`)
          return {
            id: Buffer.from(`${full}:${row.name}`).toString('base64url'),
            repository,
            format,
            group: null,
            name,
            version: row.name,
            assets: quirks.sharedComponents ? [own, asset(`v2/-/blobs/${row.digest}`)] : [own],
          }
        })
    })
  }

  const entrance =
    (at: string, connected: string | undefined): RequestListener =>
    (req, res) => {
      if (!quirks.hidden) res.setHeader('server', 'Nexus/3.83.0-08 (COMMUNITY)')
      const { path } = partsOf(req)
      const realm = /^\/repository\/([^/]+)\/v2\/token$/.exec(path.replace(context, ''))?.[1]
      if (realm !== undefined) return tokensFor(realm, at).listener(req, res)
      if (path.startsWith('/v2/')) return v2(req, res, at, connected)
      // A connector's port has the registry alone.
      if (connected !== undefined) return void res.writeHead(400).end()
      if (path.startsWith(`${context}/service/rest/v1/`)) return rest(req, res)
      res.writeHead(404).end()
    }

  return {
    contents,
    quirks,
    hosts: {
      [host]: entrance(host, undefined),
      ...Object.fromEntries(
        Object.entries(connectors).map(([port, name]) => [`${host}:${port}`, entrance(`${host}:${port}`, name)]),
      ),
    },
  }
}
