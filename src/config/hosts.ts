import { BlockList, isIP } from 'node:net'
import type { Product } from '../model/product.ts'

/** What is known of one registry host, from the configuration file and the flags. */
export interface HostSettings {
  /** Speak HTTP without TLS. */
  plainHttp?: boolean
  /** Speak HTTPS without verifying the certificate. */
  insecure?: boolean
  /** PEM files; the CA is added to the system's. */
  caFile?: string
  certFile?: string
  keyFile?: string
  /** Hosts of token services that may be sent this registry's password (T2). */
  realms?: readonly string[]
  /** HTTP requests at once. */
  requests?: number
  /** Where to read this registry's content first, in this order. */
  mirrors?: readonly MirrorSettings[]
  /** Which product it is, in place of finding out. */
  product?: Exclude<Product, 'docker-hub'>
  /** Where Nexus serves its REST interface for this host, where that is not found beside it; with `/repository/NAME`: whose images these are. */
  api?: string
}

/** A mirror as the configuration names it. */
export interface MirrorSettings {
  /** `https://mirror.example`, or with a path: what stands before `/v2/`. */
  url: string
  /** It may say what a tag names; otherwise only the registry itself does (T27). */
  resolve?: boolean
  /** `own`: it is shown the login that is stored for its own host. Otherwise it is asked without any (T1). */
  auth?: 'own'
  /** Tell it by `?ns=` which registry is meant, as containerd does (item 101). */
  ns?: boolean
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** Whether `host[:port]` is this machine: the only hosts that are spoken to in plain HTTP without asking. */
export function isLoopback(host: string): boolean {
  const { hostname } = new URL(`http://${host}`)
  const address = hostname.replace(/^\[|\]$/g, '')
  if (hostname === 'localhost') return true
  // A name is no address; Node's own test for one compiles a pattern of several kilobytes first.
  if (!/^[\d.]+$|:/.test(address) || isIP(address) === 0) return false
  return loopback.check(address, address.includes(':') ? 'ipv6' : 'ipv4')
}

/** `http://host` or `https://host`, without a trailing slash; `host` is where the API is served. */
export function baseUrl(host: string, settings: HostSettings): string {
  const wantsTls = settings.insecure || settings.caFile !== undefined || settings.certFile !== undefined
  const plain = settings.plainHttp ?? (isLoopback(host) && !wantsTls)
  return `${plain ? 'http' : 'https'}://${host}`
}
