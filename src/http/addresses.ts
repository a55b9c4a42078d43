import { BlockList, isIP, isIPv4 } from 'node:net'
import { addressOf } from './location.ts'

/** Special-purpose ranges of the IANA registries: nothing a stranger may send us to (T2, T6). */
const special = new BlockList()
for (const [address, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  special.addSubnet(address, prefix, 'ipv4')
}
// Inside 2000::/3: Teredo, ORCHID, benchmarks, documentation, and 6to4, which wraps any IPv4 address.
for (const [address, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  special.addSubnet(address, prefix, 'ipv6')
}

/** Where clouds serve a machine's own credentials to whoever asks on it: all of IPv4's link-local, Alibaba, AWS and Google by IPv6. */
const metadata = new BlockList()
for (const [address, prefix] of [
  ['169.254.0.0', 16],
  ['100.100.100.200', 32],
] as const) {
  // IPv4-mapped addresses are checked by the list itself; IPv4-compatible ones and NAT64 are not.
  metadata.addSubnet(address, prefix, 'ipv4')
  metadata.addSubnet(`::${address}`, 96 + prefix, 'ipv6')
  metadata.addSubnet(`64:ff9b::${address}`, 96 + prefix, 'ipv6')
}
metadata.addSubnet('2002:a9fe::', 32, 'ipv6')
metadata.addAddress('2002:6464:64c8::', 'ipv6')
metadata.addAddress('fd00:ec2::254', 'ipv6')
metadata.addAddress('fd20:ce::254', 'ipv6')

const linkLocal = new BlockList()
linkLocal.addSubnet('fe80::', 10, 'ipv6')

/** The only IPv6 block given out for the public: loopback, mapped, NAT64, ULA, link-local and multicast are outside. */
const global = new BlockList()
global.addSubnet('2000::', 3, 'ipv6')

/** Whether an address belongs to the public internet; false for anything that is not an IP address. */
export function isPublicAddress(address: string): boolean {
  const ip = withoutZone(address)
  if (isIP(ip) === 0) return false
  if (isIPv4(ip)) return !special.check(ip, 'ipv4')
  return global.check(ip, 'ipv6') && !special.check(ip, 'ipv6')
}

/**
 * Whether a URL's host is, by its text alone, on this machine or in a private network: `localhost`, or an IP literal in any
 * form WHATWG accepts (decimal, hexadecimal, octal, mapped). A name that resolves to such an address is seen when connecting.
 */
export function isPrivateHost(hostname: string): boolean {
  const host = canonical(hostname)
  if (host === 'localhost' || host.endsWith('.localhost')) return true
  return isIP(host) !== 0 && !isPublicAddress(host)
}

/** Whether a host or address is, in any form {@link isPrivateHost} reads, one that clouds keep for their metadata service (T2, T6). */
export function isMetadataAddress(host: string): boolean {
  return isListed(metadata, host)
}

/** A metadata service or any other link-local address: no registry, however near, sends anybody there (2.11). */
export function isLinkLocal(host: string): boolean {
  return isListed(metadata, host) || isListed(linkLocal, host)
}

/** Same scheme, host and port: the only ground on which credentials may be sent again (2.11). */
export function sameOrigin(a: string, b: string): boolean {
  const [first, second] = [addressOf(a), addressOf(b)]
  return first.protocol === second.protocol && first.host === second.host
}

function isListed(list: BlockList, hostname: string): boolean {
  const host = canonical(hostname)
  const version = isIP(host)
  return version !== 0 && list.check(host, version === 4 ? 'ipv4' : 'ipv6')
}

function canonical(hostname: string): string {
  const text = hostname.includes(':') && !hostname.startsWith('[') ? `[${withoutZone(hostname)}]` : hostname
  const host = URL.canParse(`http://${text}/`) ? new URL(`http://${text}/`).hostname : text.toLowerCase()
  return bareHost(host).replace(/\.$/, '')
}

/** The host of a URL as sockets and certificates have it: an IPv6 address without its brackets. */
export function bareHost(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '')
}

function withoutZone(address: string): string {
  return address.split('%', 1)[0] ?? ''
}
