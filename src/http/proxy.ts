import { BlockList, isIP } from 'node:net'
import { RegctlError } from '../model/errors.ts'
import { bareHost } from './addresses.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** One entry of NO_PROXY. */
type Exception = (target: Target) => boolean

interface Target {
  /** Lower-case, without brackets and trailing dot. */
  host: string
  port: string
  isAddress: boolean
}

/** How an address is reached, and why. */
export interface ProxyChoice {
  /** Its URL, which may hold a password; absent: directly. */
  proxy?: string
  /** The variable that names it: `HTTPS_PROXY`. */
  variable?: string
  /** Why there is none although one may be named: this machine's own address, or an entry of NO_PROXY. */
  spared?: 'loopback' | 'exception'
}

/**
 * Which proxy, if any, serves an address, by HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY as Go's programs read them: the upper-case name
 * wins, loopback is always direct, `example.com` covers its subdomains, `.example.com` only those, and CIDR, ports and `*` work.
 * The returned function throws RegctlError CONFIG_INVALID, naming the variable and not its value, when a proxy is no http(s) URL.
 */
export function createProxy(env: Environment): (url: URL) => string | undefined {
  const explain = explainProxy(env)
  return url => explain(url).proxy
}

/** As {@link createProxy}, and why. */
export function explainProxy(env: Environment): (url: URL) => ProxyChoice {
  const exceptions = parseExceptions(first(env, 'NO_PROXY')?.value ?? '')
  return url => {
    const target = targetOf(url)
    if (isLoopback(target)) return { spared: 'loopback' }
    if (exceptions.some(covers => covers(target))) return { spared: 'exception' }
    const chosen = choose(env, url.protocol)
    return chosen ? { proxy: parseProxy(chosen), variable: chosen.name } : {}
  }
}

/** The header that logs in at a proxy whose URL has a user name; it goes to the proxy alone (2.10). */
export function proxyLogin({ username, password }: URL): Record<string, string> {
  if (username === '') return {}
  const pair = [username, password].map(decodeURIComponent).join(':')
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` }
}

interface Variable {
  name: string
  value: string
}

function choose(env: Environment, protocol: string): Variable | undefined {
  if (protocol === 'https:') return first(env, 'HTTPS_PROXY') ?? first(env, 'ALL_PROXY')
  // In a CGI program HTTP_PROXY is a request's `Proxy:` header, set by anybody (httpoxy, CVE-2016-5385).
  const trusted = env.REQUEST_METHOD ? { ...env, HTTP_PROXY: undefined } : env
  return first(trusted, 'HTTP_PROXY') ?? first(trusted, 'ALL_PROXY')
}

function first(env: Environment, upper: string): Variable | undefined {
  for (const name of [upper, upper.toLowerCase()]) {
    const value = env[name]?.trim()
    if (value) return { name, value }
  }
  return undefined
}

function parseProxy({ name, value }: Variable): string {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && url.hostname !== '' && /^https?:$/.test(url.protocol) && decodes(url)) return url.href
  throw new RegctlError('CONFIG_INVALID', `${name} does not name a proxy that can be used`, {
    hint: 'write http://[USER:PASSWORD@]HOST:PORT; SOCKS proxies are not supported',
  })
}

function decodes({ username, password }: URL): boolean {
  try {
    decodeURIComponent(`${username}${password}`)
    return true
  } catch {
    return false
  }
}

function targetOf(url: URL): Target {
  const host = bare(url.hostname)
  return { host, port: url.port || (url.protocol === 'https:' ? '443' : '80'), isAddress: isAddress(host) }
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

function isLoopback({ host, isAddress }: Target): boolean {
  return isAddress ? loopback.check(host, family(host)) : host === 'localhost'
}

function parseExceptions(text: string): Exception[] {
  return text
    .split(',')
    .map(entry => entry.trim().toLowerCase())
    .filter(entry => entry !== '')
    .map(parseException)
    .filter(exception => exception !== undefined)
}

function parseException(entry: string): Exception | undefined {
  if (entry === '*') return () => true
  if (entry.includes('/')) return parseSubnet(entry)
  const [name, port] = splitPort(entry)
  const atPort = (target: Target) => port === undefined || port === target.port
  const host = bare(name)
  if (host === '') return undefined
  if (isIP(host) !== 0) {
    const list = new BlockList()
    list.addAddress(host, family(host))
    return target => target.isAddress && list.check(target.host, family(target.host)) && atPort(target)
  }
  const suffix = host.replace(/^\*?\./, '')
  const itself = suffix === host
  return target =>
    !target.isAddress && (target.host.endsWith(`.${suffix}`) || (itself && target.host === suffix)) && atPort(target)
}

function parseSubnet(entry: string): Exception | undefined {
  const [address = '', prefix = ''] = entry.split('/', 2)
  const bits = /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN
  if (isIP(address) === 0 || !(bits <= (family(address) === 'ipv6' ? 128 : 32))) return undefined
  const list = new BlockList()
  list.addSubnet(address, bits, family(address))
  return ({ host, isAddress }) => isAddress && list.check(host, family(host))
}

/** `[::1]:8080`, `host:8080`; a bare IPv6 address has colons and no port. */
function splitPort(entry: string): [name: string, port: string | undefined] {
  if (isIP(entry) !== 0) return [entry, undefined]
  const colon = entry.lastIndexOf(':')
  const port = entry.slice(colon + 1)
  return colon >= 0 && /^\d+$/.test(port) ? [entry.slice(0, colon), port] : [entry, undefined]
}

function bare(host: string): string {
  return bareHost(host).replace(/\.$/, '')
}

/** Of what is an address for sure; Node's own test compiles a pattern of several kilobytes first. */
function family(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4'
}

function isAddress(host: string): boolean {
  return /^[\d.]+$|:/.test(host) && isIP(host) !== 0
}
