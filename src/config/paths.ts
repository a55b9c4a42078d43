import { homedir } from 'node:os'
import { join } from 'node:path'

/** What the surroundings say; a test hands in something else. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>
  home: string
  platform: NodeJS.Platform
  uid: number
}

/** Files and folders of this account and of the system. */
export interface Paths {
  /** Our own configuration file. */
  config: string
  /** What we remember between runs; may be deleted at any time. */
  state: string
  dockerConfig: string
  legacyDockerConfig: string
  /** Podman's auth.json files, the first wins. */
  podmanAuth: readonly string[]
  /** Folders that hold a folder a registry with its certificates. */
  certificates: readonly string[]
  /** Where engines say which mirrors they use. */
  engines: EnginePaths
}

/** Where Docker, containerd and Podman keep their configuration. */
export interface EnginePaths {
  /** `daemon.json`: the first that is there is the one (PROTOCOL 4.5). */
  docker: readonly string[]
  /** Folders that hold a folder a registry with its `hosts.toml`. */
  containerd: readonly string[]
  /** `registries.conf`: the first that is there; beside it a folder `registries.conf.d`. */
  podman: readonly string[]
}

/** Those of this process; what is given counts instead. */
export function surroundings(given: Partial<Surroundings> = {}): Surroundings {
  const { env = process.env } = given
  return {
    env,
    home: given.home ?? (env.HOME || homedir()),
    platform: given.platform ?? process.platform,
    uid: given.uid ?? process.getuid?.() ?? 0,
  }
}

/** Where everything lies (PROTOCOL 2.7, 2.10). */
export function findPaths({ env, home, platform, uid }: Surroundings): Paths {
  const configHome = env.XDG_CONFIG_HOME || join(home, '.config')
  const stateHome = env.XDG_STATE_HOME || join(home, '.local', 'state')
  const runtime = env.XDG_RUNTIME_DIR ? join(env.XDG_RUNTIME_DIR, 'containers') : join('/run/containers', String(uid))
  const desktop = join(home, '.docker', 'daemon.json')
  const snap = '/var/snap/docker/current/config/daemon.json'
  return {
    config: env.REGCTL_CONFIG || join(configHome, 'regctl', 'config.json'),
    state: join(stateHome, 'regctl'),
    dockerConfig: join(env.DOCKER_CONFIG || join(home, '.docker'), 'config.json'),
    legacyDockerConfig: join(home, '.dockercfg'),
    podmanAuth: [
      ...(platform === 'linux' ? [join(runtime, 'auth.json')] : []),
      join(configHome, 'containers', 'auth.json'),
    ],
    certificates: [
      join(configHome, 'containers', 'certs.d'),
      join(configHome, 'docker', 'certs.d'),
      join(home, '.docker', 'certs.d'),
      '/etc/containers/certs.d',
      '/etc/docker/certs.d',
    ],
    engines: {
      docker:
        platform === 'win32'
          ? [join(env.ProgramData || 'C:\\ProgramData', 'docker', 'config', 'daemon.json'), desktop]
          : ['/etc/docker/daemon.json', join(configHome, 'docker', 'daemon.json'), desktop, snap],
      containerd: ['/etc/containerd/certs.d', join(configHome, 'containerd', 'certs.d')],
      podman: [
        ...(env.CONTAINERS_REGISTRIES_CONF ? [env.CONTAINERS_REGISTRIES_CONF] : []),
        join(configHome, 'containers', 'registries.conf'),
        '/etc/containers/registries.conf',
      ],
    },
  }
}
