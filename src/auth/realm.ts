import { isLinkLocal, isPrivateHost } from '../http/addresses.ts'
import { RegctlError } from '../model/errors.ts'

export interface RealmCheck {
  /** As the challenge names it: absolute, or relative to the request. */
  realm: string
  /** The request that was challenged, absolute. */
  registryUrl: string
  /** A password or identity token would go there. */
  hasSecret: boolean
  /** Hosts (`host` or `host:port`) that were pinned at login or named in the configuration. */
  trusted: readonly string[]
  /** `login` alone: take the host the registry names and report it, so that it can be pinned. */
  trustOnFirstUse?: boolean
}

/**
 * The absolute address of a token server that a registry named, once it is safe to visit (T2, GHSA-xf85-363p-868w,
 * CVE-2026-33540, CVE-2026-24845).
 * @throws RegctlError REFUSED for another scheme, a downgrade, user info, an internal address, or a secret for a host nobody vouched for.
 */
export function checkRealm(check: RealmCheck): string {
  const { realm: text, registryUrl, hasSecret, trusted, trustOnFirstUse = false } = check
  const registry = new URL(registryUrl)
  const realm = parseRealm(text, registry)
  const refuse = (why: string, hint: string) =>
    new RegctlError('REFUSED', `${registry.host} sends us to ${why}, so nothing was sent there`, { hint })
  if (realm.protocol !== 'https:' && !(realm.protocol === 'http:' && registry.protocol === 'http:')) {
    throw refuse(`a token server that is not https (${realm.protocol}//${realm.host})`, askAdministrator)
  }
  if (realm.username !== '' || realm.password !== '') {
    throw refuse(`a token server with a user name in its address (${realm.host})`, askAdministrator)
  }
  if (vouchedFor(realm, registry, trusted)) return realm.href
  // Link-local is where clouds serve a machine's own credentials: no token server, not even of a registry at home.
  if (isLinkLocal(realm.hostname) || (isPrivateHost(realm.hostname) && !isPrivateHost(registry.hostname))) {
    throw refuse(`a token server at an internal address (${realm.host})`, askAdministrator)
  }
  if (hasSecret && !trustOnFirstUse) {
    throw refuse(
      `a token server on another host (${realm.host}) that was never confirmed for these credentials`,
      `run 'regctl login ${registry.host}' once: it shows the token server and remembers it`,
    )
  }
  return realm.href
}

/**
 * Whether the address came from a stranger, so that its name must not lead to an internal address either (DNS rebinding, T2).
 * A registry that is itself at an internal address, `nearby`, names its neighbours.
 */
export function isStrangersRealm(
  realm: string,
  { registryUrl, trusted, nearby }: { registryUrl: string; trusted: readonly string[]; nearby: boolean },
): boolean {
  const [at, registry] = [new URL(realm), new URL(registryUrl)]
  return !vouchedFor(at, registry, trusted) && !nearby && !isPrivateHost(registry.hostname)
}

const askAdministrator = 'ask whoever runs the registry to correct its token realm'

/** Registries that are known to keep their token server on another host. */
const knownRealms: ReadonlyMap<string, string> = new Map([
  ['registry-1.docker.io', 'auth.docker.io'],
  ['registry.gitlab.com', 'gitlab.com'],
])

function parseRealm(text: string, registry: URL): URL {
  try {
    const realm = new URL(text.trim(), registry)
    realm.hash = ''
    return realm
  } catch (cause) {
    throw new RegctlError('REFUSED', `${registry.host} names a token server whose address makes no sense`, {
      hint: askAdministrator,
      cause,
    })
  }
}

/** Ports do not matter on the registry's own host: many token servers run beside their registry. */
function vouchedFor(realm: URL, registry: URL, trusted: readonly string[]): boolean {
  if (realm.hostname === registry.hostname || trusted.includes(realm.host)) return true
  if (realm.port === '' && trusted.includes(`${realm.hostname}:443`)) return true
  return registry.protocol === 'https:' && realm.host === knownRealms.get(registry.hostname)
}
