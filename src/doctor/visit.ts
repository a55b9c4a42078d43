import type { LookupAddress } from 'node:dns'
import type { IncomingHttpHeaders } from 'node:http'
import type { Challenge } from '../auth/challenge.ts'
import type { CredentialSource, FoundCredential } from '../credentials/credentials.ts'
import type { Send } from '../http/http.ts'
import type { ProxyChoice } from '../http/proxy.ts'
import type { TlsSettings } from '../http/tls.ts'
import type { Digest } from '../model/digest.ts'
import type { Target } from './target.ts'

/** What is examined, and with what. */
export interface Visit {
  target: Target
  /** `https://registry.example`. */
  baseUrl: string
  /** One try, without redirects and logins. */
  send: Send
  /** @throws RegctlError CONFIG_INVALID */
  proxyFor(url: URL): ProxyChoice
  /** @throws RegctlError CONFIG_INVALID */
  tlsFor(origin: string): Promise<TlsSettings | undefined>
  authorityFiles(origin: string): Promise<string[]>
  credentials: CredentialSource
  /** Token services besides the registry itself that may see its password (T2). */
  trustedRealms: readonly string[]
  /** Milliseconds until a connection stands. */
  connectTimeout: number
  /** Also ask for what only writing shows: an upload is begun and taken back. */
  writeProbe: boolean
  signal?: AbortSignal | undefined
  /** Milliseconds since 1970. */
  now(): number
  /** What earlier looks left for later ones. */
  notes: Notes
}

export interface Notes {
  proxy?: ProxyChoice
  addresses?: readonly LookupAddress[]
  /** The answer to `/v2/`. */
  api?: { status: number; headers: IncomingHttpHeaders; nearby: boolean; askedAt: number; answeredAt: number }
  /** Of the request that a pull makes, else of `/v2/`. */
  challenges?: readonly Challenge[]
  /** Whoever challenged, as an address. */
  challengedAt?: string
  found?: FoundCredential | undefined
  /** Absent: nothing is sent. */
  authorization?: string | undefined
  /** What a readable token does not grant of what was asked for. */
  notGranted?: boolean
  manifest?: { reference: string; digest: Digest | undefined; mediaType: string; headers: IncomingHttpHeaders }
  /** A blob of the image, and whether parts of it were given. */
  blob?: { digest: Digest; ranges: boolean }
}
