import { RegctlError } from '../model/errors.ts'
import { readConfigFile } from './file.ts'
import { type HostFlags, hostRules } from './host-flags.ts'
import type { HostSettings } from './hosts.ts'
import { findPaths, type Paths, type Surroundings, surroundings } from './paths.ts'

/** What the command line adds. */
export interface ConfigFlags extends HostFlags {
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
  /** `docker`, `containerd`, `podman`, a file, or `none`: no mirror at all, not even of our own file. */
  mirrorsFrom?: readonly string[] | undefined
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
  /** Settings of a mirror: the file, and the flags that name its host, or all of them where the command names the mirror. */
  mirror(host: string): HostSettings
  /** Settings of any other host a registry sends us to: the file and `--insecure`, never the flags' certificate. */
  stranger(host: string): HostSettings
  /** A sentence for each flag whose host nobody asked for so far. */
  unusedHostFlags(): string[]
  jobs: number | undefined
  /** Bytes a second of a whole copy. */
  limitRate: number | undefined
  /** To each host. */
  requestsPerSecond: number | undefined
  /** Seconds until a connection stands. */
  connectTimeout: number | undefined
  /** Seconds of silence in a body. */
  stallTimeout: number | undefined
  /** Seconds that a mirror may be silent. */
  mirrorTimeout: number | undefined
  /** Whose configuration is read for mirrors besides our own; `none` leaves out all of them. */
  mirrorsFrom: readonly string[]
  /** `--authfile` or `REGISTRY_AUTH_FILE`. */
  authFile: string | undefined
  /** `DOCKER_AUTH_CONFIG`: JSON. */
  authConfig: string | undefined
  givenLogin: GivenLogin | undefined
  /** The environment, for proxies and credential helpers. */
  env: Readonly<Record<string, string | undefined>>
}

/**
 * Reads the configuration file and the environment, those of this process unless others are given, and adds the flags.
 * @throws RegctlError CONFIG_INVALID, with file, line and column where there is one
 */
export async function loadConfig({
  flags = {},
  ...given
}: Partial<Surroundings> & { flags?: ConfigFlags } = {}): Promise<Config> {
  const around = surroundings(given)
  const { env } = around
  const paths = findPaths(around)
  const file = await readConfigFile(paths.config, { named: Boolean(env.REGCTL_CONFIG) })
  const { host, mirror, stranger, unused } = hostRules(flags, file.hosts)
  return {
    paths,
    host,
    mirror,
    stranger,
    unusedHostFlags: unused,
    jobs: flags.jobs ?? file.jobs,
    limitRate: flags.limitRate ?? file.limitRate,
    requestsPerSecond: flags.requestsPerSecond ?? file.requestsPerSecond,
    connectTimeout: flags.connectTimeout ?? file.connectTimeout,
    stallTimeout: flags.stallTimeout ?? file.stallTimeout,
    mirrorTimeout: file.mirrorTimeout,
    mirrorsFrom: flags.mirrorsFrom ?? file.mirrorsFrom ?? [],
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
