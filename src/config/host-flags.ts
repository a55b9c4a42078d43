import { RegctlError } from '../model/errors.ts'
import { parseRegistry } from '../model/reference.ts'
import { baseUrl, type HostSettings } from './hosts.ts'

/** What the command line says of hosts; each is `host[:port]`, or the URL that people paste instead. */
export interface HostFlags {
  plainHttp?: readonly string[] | undefined
  insecure?: readonly string[] | undefined
  /** `HOST=FILE`; a bare `FILE` is for every registry that the command names, and for no host that one of them points to. */
  caFile?: readonly string[] | undefined
  certFile?: readonly string[] | undefined
  keyFile?: readonly string[] | undefined
  /**
   * Registries that the command names. Where there are several, a bare file goes to those that are spoken to in HTTPS anyway;
   * one on this machine stays in plain HTTP. Mirrors that the command names are among them.
   */
  registries?: readonly string[] | undefined
}

/** Settings from file and flags, merged for each host. */
export interface HostRules {
  /** Of a registry that the command names. */
  host(host: string): HostSettings
  /** Of a mirror: what names its host, and a bare certificate only where the command names the mirror itself. */
  mirror(host: string): HostSettings
  /** Of any other host a registry sends us to: never the flags' certificate (T6). */
  stranger(host: string): HostSettings
  /** A sentence for each flag whose host nobody asked for so far. */
  unused(): string[]
}

type Files = Pick<HostSettings, 'caFile' | 'certFile' | 'keyFile'>

interface Given {
  /** As typed. */
  flag: string
  /** Undefined: every registry that is named. */
  host: string | undefined
  settings: HostSettings
}

/** @throws RegctlError USAGE for a certificate without its key; REFERENCE_INVALID for a host that is none */
export function hostRules(flags: HostFlags, file: ReadonlyMap<string, HostSettings>): HostRules {
  const given = [
    ...(flags.plainHttp ?? []).map(host => forHost('--plain-http', host, { plainHttp: true })),
    ...(flags.insecure ?? []).map(host => forHost('--insecure', host, { insecure: true })),
  ]
  const files = [
    ...(flags.caFile ?? []).map(text => forFile('--ca-file', text, caFile => ({ caFile }))),
    ...(flags.certFile ?? []).map(text => forFile('--cert-file', text, certFile => ({ certFile }))),
    ...(flags.keyFile ?? []).map(text => forFile('--key-file', text, keyFile => ({ keyFile }))),
  ]
  refuseHalfPairs(files)
  const several = new Set(flags.registries).size > 1
  const asked = new Set<string>()

  const stranger = (host: string): HostSettings => {
    asked.add(host)
    return { ...file.get(host), ...merged(given, host) }
  }
  return {
    stranger,
    mirror: host => ({
      ...stranger(host),
      ...(flags.registries?.includes(host) && merged(files, undefined)),
      ...merged(files, host),
    }),
    host: host => {
      const own = { ...stranger(host), ...merged(files, host) }
      const takesBare = !several || baseUrl(host, own).startsWith('https:')
      return { ...own, ...(takesBare && merged(files, undefined)), ...merged(files, host) }
    },
    unused: () =>
      [...given, ...files]
        .filter(({ host }) => host !== undefined && !asked.has(host))
        .map(({ flag }) => `${flag} is for no registry that was spoken to (${[...asked].join(', ')})`),
  }
}

function forHost(flag: string, text: string, settings: HostSettings): Given {
  return { flag: `${flag} ${text}`, host: parseRegistry(text), settings }
}

/** What stands before the first `=` is a host unless it is a path: `./a=b.pem` is a file. */
function forFile(flag: string, text: string, settings: (file: string) => Files): Given {
  const [, host, path] = /^((?:https?:\/\/)?[^/\\=]+)=(.+)$/s.exec(text) ?? []
  if (host === undefined || path === undefined)
    return { flag: `${flag} ${text}`, host: undefined, settings: settings(text) }
  return { flag: `${flag} ${text}`, host: parseRegistry(host), settings: settings(path) }
}

function merged(given: readonly Given[], host: string | undefined): HostSettings {
  return Object.assign({}, ...given.filter(each => each.host === host).map(each => each.settings))
}

function refuseHalfPairs(files: readonly Given[]): void {
  for (const { host } of files) {
    const { certFile, keyFile } = merged(files, host)
    if ((certFile === undefined) === (keyFile === undefined)) continue
    throw new RegctlError('USAGE', `--cert-file and --key-file go together${host === undefined ? '' : ` (${host})`}`)
  }
}
