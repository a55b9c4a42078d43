type Environment = Readonly<Record<string, string | undefined>>

const ours = /^(?:REGCTL_(?:REGISTRY|USERNAME|PASSWORD|WEBHOOK_SECRET)|DOCKER_AUTH_CONFIG)$/i

/** The environment for a program that is started beside a registry's work: without the logins and secrets that we read from it ourselves (T16). */
export function withoutLogins(env: Environment): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !ours.test(name)))
}
