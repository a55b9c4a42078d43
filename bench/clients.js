import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/**
 * @typedef {import('./measure.js').Command} Command
 * @typedef {import('./peers.js').Tool} Tool
 * @typedef {{ ca: string | undefined }} Trust path of the authority's certificate where TLS is spoken
 * @typedef {{ source: string, destination: string }} Places `HOST:PORT/REPOSITORY:TAG`
 * @typedef {{
 *   name: string,
 *   rival: boolean,
 *   copy(places: Places, trust: Trust): Command,
 *   tags(repository: string): Command,
 *   repositories: ((host: string) => Command) | undefined,
 *   forget(): void,
 * }} Client A `rival` counts as a peer in ratios; what is only shown beside (an option that users do not set) does not. `forget` drops all that earlier runs left.
 */

/** How our own rows are called. */
export const us = 'regctl-js'

/**
 * Every way to do the job: all platforms, the same bytes, default options.
 *
 * @param {Tool[]} tools
 * @param {{ program: string, folder: string }} options our own program, and where homes may be made
 * @returns {Client[]} ourselves first
 */
export function makeClients(tools, { program, folder }) {
  /** @param {string} name @param {Trust} [trust] @returns {Record<string, string | undefined>} */
  const environment = (name, trust) => ({
    PATH: process.env.PATH,
    HOME: join(folder, `home-${name}`),
    ...(trust?.ca !== undefined && { SSL_CERT_FILE: trust.ca }),
  })
  /** @param {string} name */
  const forget = name => {
    const home = join(folder, `home-${name}`)
    mkdirSync(home, { recursive: true })
    for (const left of readdirSync(home)) {
      // What Node compiled stays, as it stays for a person.
      if (left !== '.cache') rmSync(join(home, left), { recursive: true, force: true })
    }
  }
  /** @param {string[]} args */
  const node = args => ({ file: process.execPath, args: [program, ...args], env: environment(us) })
  /** @type {Client[]} */
  const clients = [
    {
      name: us,
      rival: false,
      copy: ({ source, destination }, { ca }) =>
        node([
          'copy',
          source,
          destination,
          ...(ca === undefined ? [] : [source, destination].flatMap(at => trusting(at, ca))),
        ]),
      tags: repository => node(['tags', repository]),
      repositories: host => node(['repos', host]),
      forget: () => forget(us),
    },
  ]
  for (const { name, path } of tools) {
    const make = makers[/** @type {keyof typeof makers} */ (name)]
    for (const [variant, made] of Object.entries(make?.(name) ?? {})) {
      const { copy, tags, repositories, env = {} } = made
      /** @param {string[]} args @param {Trust} [trust] */
      const command = (args, trust) => ({ file: path, args, env: { ...environment(name, trust), ...env } })
      clients.push({
        name: variant,
        rival: variant === name,
        copy: (places, trust) => command(copy(places, trust), trust),
        tags: repository => command(tags(repository)),
        repositories: repositories && (host => command(repositories(host))),
        forget() {
          forget(name)
          if (name === 'skopeo') forgetSkopeo()
        },
      })
    }
  }
  return clients
}

/**
 * @typedef {{
 *   copy(places: Places, trust: Trust): string[],
 *   tags(repository: string): string[],
 *   repositories?: (host: string) => string[],
 *   env?: Record<string, string>,
 * }} Maker arguments of one peer
 */

const makers = {
  /** @param {string} name @returns {Record<string, Maker>} */
  crane(name) {
    /** @type {Maker} */
    const crane = {
      copy: ({ source, destination }) => ['copy', source, destination],
      tags: repository => ['ls', repository],
      repositories: host => ['catalog', host],
    }
    return {
      [name]: crane,
      // Over TLS crane speaks HTTP/2, which is slower here.
      'crane, HTTP/1.1': { ...crane, env: { GODEBUG: 'http2client=0' } },
      'crane -j 8': { ...crane, copy: ({ source, destination }) => ['copy', '-j', '8', source, destination] },
    }
  },
  /** @param {string} name @returns {Record<string, Maker>} */
  skopeo(name) {
    return {
      [name]: {
        copy: ({ source, destination }, { ca }) => [
          ...['--insecure-policy', 'copy', '--all', '--quiet'],
          ...(ca === undefined ? ['--src-tls-verify=false', '--dest-tls-verify=false'] : []),
          ...[`docker://${source}`, `docker://${destination}`],
        ],
        tags: repository => ['list-tags', '--tls-verify=false', `docker://${repository}`],
      },
    }
  },
  /** @param {string} name @returns {Record<string, Maker>} */
  regctl(name) {
    /** @param {string} place */
    const plain = place => ['--host', `reg=${place.split('/')[0]},tls=disabled`]
    return {
      [name]: {
        copy: ({ source, destination }, { ca }) => [
          ...(ca === undefined ? [...plain(source), ...plain(destination)] : []),
          ...['image', 'copy', source, destination],
        ],
        // Its list of repositories ends with the registry's first page.
        tags: repository => [...plain(repository), 'tag', 'ls', repository],
      },
    }
  },
  /** @param {string} name @returns {Record<string, Maker>} */
  oras(name) {
    return {
      [name]: {
        copy: ({ source, destination }, { ca }) => [
          ...['cp', '--no-tty'],
          ...(ca === undefined ? ['--from-plain-http', '--to-plain-http'] : []),
          ...[source, destination],
        ],
        tags: repository => ['repo', 'tags', '--plain-http', repository],
        repositories: host => ['repo', 'ls', '--plain-http', host],
      },
    }
  },
}

/** Where skopeo run as root remembers which registry has which blob, whatever HOME says. */
const skopeoCache = '/var/lib/containers/cache'

function forgetSkopeo() {
  for (const ending of ['boltdb', 'sqlite', 'sqlite-shm', 'sqlite-wal']) {
    rmSync(join(skopeoCache, `blob-info-cache-v1.${ending}`), { force: true })
  }
}

/**
 * On loopback TLS is spoken where a host is told to be trusted by name.
 * @param {string} place @param {string} ca
 */
function trusting(place, ca) {
  return ['--ca-file', `${place.split('/')[0]}=${ca}`]
}
