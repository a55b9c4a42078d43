import { randomUUID } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { basicOf, pageOf, partsOf, reply } from './answers.ts'
import { type Contents, createContents, type TagRow } from './contents.ts'
import { createTokens, scopeNeeded } from './tokens.ts'
import type { Hosts } from './world.ts'

/**
 * Harbor 2.x, made from its source and documents alone: api/v2.0/swagger.yaml, src/server/middleware/{v2auth,csrf,quota},
 * src/server/registry, core/service/token, as PROTOCOL.md 3.3 and 2.9 quote them. Nobody has held it against a live Harbor.
 */
export interface Harbor {
  contents: Contents
  hosts: Hosts
  quirks: HarborQuirks
  describe(repository: string, about: { description?: string; pulls?: number }): void
  /** Unsafe requests that its CSRF check refused. */
  csrfRefusals: number
}

export interface HarborQuirks {
  /** Tags that a rule keeps: `project/name:tag`. */
  immutable?: readonly string[]
  /** Projects that are a cache of another registry: nothing is pushed there. */
  proxyProjects?: readonly string[]
  /** Projects whose policy forbids pulling. */
  policyProjects?: readonly string[]
  /** Projects whose quota is used up. */
  fullProjects?: readonly string[]
  /** All projects there are: a push makes a repository, and no project. */
  projects?: readonly string[]
  /** Projects that everybody may read; others want a login. */
  publicProjects?: readonly string[]
  /** Answers of the REST interface bring a session cookie, and unsafe requests that bring it back need the token (2.9). */
  session?: boolean
  /** The page's `Link` header is left out, as some proxies do. */
  withoutLink?: boolean
  /** 2.10.2: 404 of `/v2/` in words that are no code of the specification. */
  oddNotFound?: boolean
  /** It is no Harbor any more: `/api/` is the page of a portal. */
  portalOnly?: boolean
}

export interface HarborOptions {
  host?: string
  /** Name to password or CLI secret; `admin` may do all, the others all in every project. */
  users?: Readonly<Record<string, string>>
  /** `robot$project+name` or `robot$name` to its secret: only `/v2/`, and reading its own project by REST. */
  robots?: Readonly<Record<string, string>>
  quirks?: HarborQuirks
}

export function createHarbor(options: HarborOptions = {}): Harbor {
  const { host = 'harbor.example', users = { admin: 'Harbor12345' }, robots = {}, quirks: given = {} } = options
  const contents = createContents()
  const quirks: HarborQuirks = { session: true, publicProjects: ['library'], ...given }
  const abouts = new Map<string, { description?: string; pulls?: number }>()
  const sessions = new Map<string, string>()
  const everybody = { ...users, ...robots }
  const projectOf = (name: string) => name.split('/')[0] ?? ''
  const isPublic = (project: string) => quirks.publicProjects?.includes(project) ?? false
  const mayRead = (user: string, project: string) => {
    if (user in users || isPublic(project)) return true
    const own = /^robot\$(?:([^+]+)\+)?/.exec(user)
    return own !== null && (own[1] === undefined || own[1] === project)
  }
  const allows = (user: string, name: string, action: string) => {
    if (action === 'pull') return mayRead(user, projectOf(name))
    // A public project is read by everybody, and written to by those who belong to it.
    const isStrangersRobot = user.includes('+') && !user.startsWith(`robot$${projectOf(name)}+`)
    return user !== '' && !isStrangersRobot && mayRead(user, projectOf(name))
  }
  const tokens = createTokens({
    realm: `https://${host}/service/token`,
    service: 'harbor-registry',
    users: everybody,
    allows,
  })
  const harbor: Harbor = {
    contents,
    quirks,
    csrfRefusals: 0,
    describe: (repository, about) => abouts.set(repository, about),
    hosts: {},
  }

  const v2: RequestListener = (req, res) => {
    const { path } = partsOf(req)
    const refused = (status: number, code: string, message: string, headers = {}) =>
      reply(res, status, { errors: [{ code, message }] }, headers)
    const login = basicOf(req)
    const knows = login && everybody[login.user] === login.password
    if (path === '/v2/_catalog') {
      // Basic alone, and administrators alone; a Bearer is a wrong Authorization.
      if (knows && login.user === 'admin') return catalog(req, res)
      return refused(401, 'UNAUTHORIZED', 'unauthorized', { 'www-authenticate': 'Basic realm="harbor"' })
    }
    const needed = scopeNeeded(req)
    const grant = knows ? { user: login.user, scopes: undefined } : tokens.grantOf(req)
    const allowed =
      !needed ||
      (grant?.scopes
        ? grant.scopes.includes(`${needed.name}:${needed.action}`)
        : allows(grant?.user ?? '', needed.name, needed.action))
    if (!grant || !allowed) {
      const scope = needed ? `repository:${needed.name}:${needed.action}` : ''
      // A login that fails is answered with Basic alone; a public repository wants a token, too.
      const challenge = req.headers.authorization === undefined ? tokens.challenge(scope) : 'Basic realm="harbor"'
      return refused(401, 'UNAUTHORIZED', `unauthorized to access repository: ${needed?.name ?? ''}`, {
        'www-authenticate': challenge,
      })
    }
    const project = projectOf(needed?.name ?? '')
    const isManifest = path.includes('/manifests/')
    if (req.method === 'DELETE' && isManifest && !path.includes('sha256:')) {
      return refused(400, 'UNSUPPORTED', 'the operation is unsupported')
    }
    if (req.method === 'DELETE' && isManifest) {
      const digest = path.slice(path.lastIndexOf('/') + 1)
      return void contents.rows(needed?.name ?? '').then(rows => {
        const kept = rows?.some(
          row => row.digest === digest && quirks.immutable?.includes(`${needed?.name}:${row.name}`),
        )
        if (kept) return refused(412, 'PRECONDITION', 'the artifact has a tag that is immutable')
        contents.v2(req, res)
      })
    }
    if (needed?.action === 'push') {
      if (quirks.projects && !quirks.projects.includes(project)) {
        return refused(404, 'NOT_FOUND', `project ${project} not found`)
      }
      if (quirks.proxyProjects?.includes(project)) {
        return refused(403, 'DENIED', 'can not push artifact to a proxy project')
      }
      if (quirks.fullProjects?.includes(project) && req.method === 'PUT') {
        return refused(
          403,
          'DENIED',
          'adding 1.2 MiB of storage resource, which when updated to current usage will exceed the configured upper limit of 1.0 MiB.',
        )
      }
    }
    if (isManifest && req.method === 'GET' && quirks.policyProjects?.includes(project)) {
      return refused(
        412,
        'PROJECTPOLICYVIOLATION',
        'current image with 3 vulnerabilities cannot be pulled due to configured policy',
      )
    }
    if (quirks.oddNotFound && isManifest && req.method === 'GET') {
      return void contents.rows(needed?.name ?? '').then(rows => {
        if (rows) return contents.v2(req, res)
        refused(404, 'NOT_FOUND', `repository ${needed?.name} not found`)
      })
    }
    contents.v2(req, res)
  }

  async function catalog(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { query } = partsOf(req)
    const names = await contents.names()
    const last = query.get('last')
    if (last !== null && !names.includes(last)) {
      return reply(res, 400, { errors: [{ code: 'BAD_REQUEST', message: `the last ${last} is not a repository` }] })
    }
    const rest = names.slice(last === null ? 0 : names.indexOf(last) + 1)
    // All of them, when nobody says how many.
    reply(res, 200, { repositories: rest.slice(0, Number(query.get('n') ?? rest.length)) })
  }

  const api: RequestListener = async (req, res) => {
    const { path, query } = partsOf(req)
    if (quirks.portalOnly) {
      res.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>portal</title>')
      return
    }
    const problem = (status: number, code: string, message: string) =>
      reply(res, status, { errors: [{ code, message }] })
    const sid = /\bsid=([^;]+)/.exec(req.headers.cookie ?? '')?.[1]
    if (quirks.session) {
      const token = randomUUID()
      const session = sid ?? randomUUID()
      const unsafe = req.method !== 'GET' && req.method !== 'HEAD'
      const right = sessions.get(session) === req.headers['x-harbor-csrf-token']
      if (!sid) res.setHeader('set-cookie', `sid=${session}; Path=/; HttpOnly`)
      sessions.set(session, token)
      res.setHeader('x-harbor-csrf-token', token)
      if (unsafe && sid && !right) {
        harbor.csrfRefusals++
        return problem(403, 'FORBIDDEN', 'CSRF token invalid')
      }
    }
    const login = basicOf(req)
    if (login && everybody[login.user] !== login.password) return problem(401, 'UNAUTHORIZED', 'unauthorized')
    const user = login?.user ?? ''
    if (path === '/api/v2.0/ping') return void res.writeHead(200, { 'content-type': 'text/plain' }).end('Pong')
    const visible = (await contents.names()).filter(name => mayRead(user, projectOf(name)))
    if (path === '/api/v2.0/search') {
      const repository = visible.filter(name => name.includes(query.get('q') ?? ''))
      return reply(res, 200, { project: [], repository: await Promise.all(repository.map(found)) })
    }
    if (path === '/api/v2.0/repositories') {
      if (user.startsWith('robot$')) return problem(403, 'FORBIDDEN', 'robots may not list all repositories')
      return listed(req, res, await Promise.all(visible.map(repositoryOf)))
    }
    const [, project = '', rest = ''] = /^\/api\/v2\.0\/projects\/([^/]+)\/repositories(.*)$/.exec(path) ?? []
    if (project === '') return problem(404, 'NOT_FOUND', 'path not found')
    // A project called 2024 is an id, unless the header says otherwise.
    if (/^\d+$/.test(project) && req.headers['x-is-resource-name'] !== 'true') {
      return problem(404, 'NOT_FOUND', `project ${project} not found`)
    }
    const inProject = visible.filter(name => name.startsWith(`${project}/`))
    if (!mayRead(user, project))
      return problem(user === '' ? 401 : 403, user === '' ? 'UNAUTHORIZED' : 'FORBIDDEN', 'forbidden')
    if (inProject.length === 0) return problem(404, 'NOT_FOUND', `project ${project} not found`)
    if (rest === '') return listed(req, res, await Promise.all(inProject.map(repositoryOf)))
    const [, encoded = '', below = ''] = /^\/([^/]+)\/artifacts(.*)$/.exec(rest) ?? []
    // The router decodes once, the handler a second time: a slash that is encoded once never arrives.
    const name = `${project}/${decodeURIComponent(decodeURIComponent(encoded))}`
    const rows = inProject.includes(name) ? await contents.rows(name) : undefined
    if (!rows) return problem(404, 'NOT_FOUND', `repository ${name} not found`)
    if (below === '') return listed(req, res, artifactsOf(rows))
    const [, reference = '', tag = ''] = /^\/([^/]+)\/tags\/([^/]+)$/.exec(below) ?? []
    if (req.method !== 'DELETE' || tag === '') return problem(404, 'NOT_FOUND', 'path not found')
    if (!(user in users))
      return problem(user === '' ? 401 : 403, user === '' ? 'UNAUTHORIZED' : 'FORBIDDEN', 'forbidden')
    if (quirks.immutable?.includes(`${name}:${tag}`)) {
      return problem(412, 'PRECONDITION', `the tag ${tag} is immutable and cannot be deleted`)
    }
    const known = rows.some(row => row.name === tag && (reference === tag || reference === row.digest))
    if (!known || !(await contents.untag(name, tag))) return problem(404, 'NOT_FOUND', `tag ${tag} not found`)
    reply(res, 200, {})
  }

  async function repositoryOf(name: string) {
    const rows = (await contents.rows(name)) ?? []
    const { description, pulls = 0 } = abouts.get(name) ?? {}
    return {
      id: 1,
      project_id: 1,
      name,
      ...(description !== undefined && { description }),
      artifact_count: new Set(rows.map(({ digest }) => digest)).size,
      pull_count: pulls,
      creation_time: '2026-01-01T00:00:00.000Z',
      update_time: '2024-10-01T10:00:00.000Z',
    }
  }

  async function found(name: string) {
    const { artifact_count, pull_count } = await repositoryOf(name)
    const project = projectOf(name)
    return {
      project_id: 1,
      project_name: project,
      project_public: isPublic(project),
      repository_name: name,
      artifact_count,
      pull_count,
    }
  }

  function listed(req: IncomingMessage, res: ServerResponse, all: readonly unknown[]) {
    const { query, path } = partsOf(req)
    if (Number(query.get('page_size') ?? 10) > 100) {
      return reply(res, 422, {
        errors: [{ code: 'UNPROCESSABLE_ENTITY', message: 'page_size in query should be less than or equal to 100' }],
      })
    }
    const { items, page, size } = pageOf(all, query)
    const next = `${path}?page=${page + 1}&page_size=${size}${query.has('with_tag') ? '&with_tag=true' : ''}`
    const more = page * size < all.length && !quirks.withoutLink
    reply(res, 200, items, {
      'x-total-count': String(all.length),
      ...(more && { link: `<${next}>; rel="next"` }),
    })
  }

  harbor.hosts = {
    [host]: (req, res) => {
      const { path } = partsOf(req)
      if (path === '/service/token') return tokens.listener(req, res)
      if (path.startsWith('/v2/')) return v2(req, res)
      return api(req, res)
    },
  }
  return harbor
}

/** One row a digest, with its tags; an index has references, an image its platform in `extra_attrs`. */
function artifactsOf(rows: readonly TagRow[]) {
  const digests = [...new Set(rows.map(({ digest }) => digest))]
  return digests.map((digest, at) => {
    const tagged = rows.filter(row => row.digest === digest)
    const [{ mediaType = '', isIndex = false, images = [] } = {}] = tagged
    const [image] = images
    return {
      id: at + 1,
      type: 'IMAGE',
      media_type: 'application/vnd.oci.image.config.v1+json',
      manifest_media_type: mediaType,
      digest,
      size: images.reduce((sum, { size }) => sum + size, 0),
      push_time: '2024-10-01T10:00:00.000Z',
      pull_time: '0001-01-01T00:00:00.000Z',
      ...(isIndex
        ? {
            references: images.map(({ digest: child, os, architecture, variant }) => ({
              child_digest: child,
              platform: { architecture, os, ...(variant !== null && { variant }) },
            })),
          }
        : {
            references: null,
            extra_attrs: { os: image?.os, architecture: image?.architecture, created: image?.created },
          }),
      tags: tagged.map(({ name }, number) => ({
        id: number + 1,
        name,
        push_time: `2024-10-0${number + 1}T10:00:00.000Z`,
        pull_time: number === 0 ? '0001-01-01T00:00:00.000Z' : '2024-11-20T08:30:00.000Z',
        immutable: false,
      })),
    }
  })
}
