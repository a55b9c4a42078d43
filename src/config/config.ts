import { RegctlError } from '../model/errors.ts'
import { readConfigFile } from './file.ts'
import type { HostSettings } from './hosts.ts'
import { findPaths, type Paths, type Surroundings } from './paths.ts'

/** What the command line adds; hosts are `host[:port]`. */
export interface ConfigFlags {
  plainHttp?: readonly string[] | undefined
  insecure?: readonly string[] | undefined
  /** For every registry that the command names, and for no host that one of them points to. */
  caFile?: string | undefined
  certFile?: string | undefined
  keyFile?: string | undefined
  authFile?: string | undefined
  jobs?: number | undefined
  /** Bytes a second of a whole copy. */
  limitRate?: number | undefined
  /** To each host. */
  requestsPerSecond?: number | undefined
  /** Seconds. */
  connectTimeout?: number | undefined
  /** Seconds. */
  stallTimeout?: number | undefined
}

/** A login given by the environment, for exactly one registry (T1). */
export interface GivenLogin {
  registry: string
  username: string
  password: string
}

/** File, environment and flags, merged once. */
export interface Config {
  paths: Paths
  /** Settings of a registry that the command names, flags included. */
  host(host: string): HostSettings
  /** Settings of any other host a registry sends us to: the file and `--insecure`, never the flags' certificate. */
  stranger(host: string): HostSettings
  jobs: number | undefined
  /** Bytes a second of a whole copy. */
  limitRate: number | undefined
  /** To each host. */
  requestsPerSecond: number | undefined
  /** Seconds until a connection stands. */
  connectTimeout: number | undefined
  /** Seconds of silence in a body. */
  stallTimeout: number | undefined
  /** `--authfile` or `REGISTRY_AUTH_FILE`. */
  authFile: string | undefined
  /** `DOCKER_AUTH_CONFIG`: JSON. */
  authConfig: string | undefined
  givenLogin: GivenLogin | undefined
  /** The environment, for proxies and credential helpers. */
  env: Readonly<Record<string, string | undefined>>
}

/** @throws RegctlError CONFIG_INVALID, with file, line and column where there is one. */
export async function loadConfig({
  flags = {},
  ...surroundings
}: Surroundings & { flags?: ConfigFlags }): Promise<Config> {
  const { env } = surroundings
  const paths = findPaths(surroundings)
  const file = await readConfigFile(paths.config)
  const listed = (hosts: readonly string[] | undefined, host: string) =>
    hosts?.some(name => name.toLowerCase() === host) || undefined
  if ((flags.certFile === undefined) !== (flags.keyFile === undefined)) {
    throw new RegctlError('USAGE', '--cert-file and --key-file go together')
  }
  const stranger = (host: string): HostSettings =>
    defined({
      ...file.hosts.get(host),
      plainHttp: listed(flags.plainHttp, host) ?? file.hosts.get(host)?.plainHttp,
      insecure: listed(flags.insecure, host) ?? file.hosts.get(host)?.insecure,
    })
  return {
    paths,
    stranger,
    host: host =>
      defined({
        ...stranger(host),
        ...defined({ caFile: flags.caFile, certFile: flags.certFile, keyFile: flags.keyFile }),
      }),
    jobs: flags.jobs ?? file.jobs,
    limitRate: flags.limitRate ?? file.limitRate,
    requestsPerSecond: flags.requestsPerSecond ?? file.requestsPerSecond,
    connectTimeout: flags.connectTimeout ?? file.connectTimeout,
    stallTimeout: flags.stallTimeout ?? file.stallTimeout,
    authFile: flags.authFile ?? (env.REGISTRY_AUTH_FILE || undefined),
    authConfig: env.DOCKER_AUTH_CONFIG || undefined,
    givenLogin: givenLogin(env),
    env,
  }
}

function givenLogin({
  REGCTL_REGISTRY: registry,
  REGCTL_USERNAME: username,
  REGCTL_PASSWORD: password,
}: Surroundings['env']): GivenLogin | undefined {
  if (!registry && !username && !password) return undefined
  if (registry && username && password) return { registry, username, password }
  throw new RegctlError('CONFIG_INVALID', 'REGCTL_REGISTRY, REGCTL_USERNAME and REGCTL_PASSWORD go together', {
    hint: 'name the one registry that the password is for',
  })
}

function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T
}
