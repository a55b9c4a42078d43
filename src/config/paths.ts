import { join } from 'node:path'

/** What the surroundings say; handed in by `cli/`, so that a test can hand in something else. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>
  home: string
  platform: NodeJS.Platform
  uid: number
}

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
}

/** Where everything lies (PROTOCOL 2.7, 2.10). */
export function findPaths({ env, home, platform, uid }: Surroundings): Paths {
  const configHome = env.XDG_CONFIG_HOME || join(home, '.config')
  const stateHome = env.XDG_STATE_HOME || join(home, '.local', 'state')
  const runtime = env.XDG_RUNTIME_DIR ? join(env.XDG_RUNTIME_DIR, 'containers') : join('/run/containers', String(uid))
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
  }
}
