const trust = 'name the registry: --insecure HOST without verifying its certificate, --plain-http HOST without TLS'
const login = 'log in once: regctl login HOST'
const platforms = '--platform OS/ARCH narrows to a platform; without it all are meant'
const template = 'print all with --json and take from it what you need, with jq for example'

/** Flags of docker, crane, skopeo, oras, kubectl and the Go regctl, and how the same is said here. */
const flags: Readonly<Record<string, string>> = {
  '--tls-verify': trust,
  '--src-tls-verify': trust,
  '--dest-tls-verify': trust,
  '--host': trust,
  '--creds': login,
  '--src-creds': login,
  '--dest-creds': login,
  '--src-authfile': '--authfile FILE holds the logins of both sides',
  '--dest-authfile': '--authfile FILE holds the logins of both sides',
  '--override-os': platforms,
  '--override-arch': platforms,
  '--override-variant': platforms,
  '--multi-arch': platforms,
  '--all-platforms': platforms,
  '--format': template,
  '--output': template,
  '-o': template,
  '--no-trunc': 'nothing is cut where the output is no terminal',
  '--preserve-digests': 'digests stay as they are anyway',
  '--debug': '--verbose shows the requests, and the environment DEBUG=* the stack of an error',
  '--version': 'ask for it alone: regctl --version',
}

/** The same, for one command. */
const flagsOf: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  copy: {
    '--recursive': '--referrers brings what refers to the image',
    '-r': '--referrers brings what refers to the image',
  },
  delete: { '--force': '--yes agrees to what is deleted', '-f': '--yes agrees to what is deleted' },
}

/** How to say here what a flag of another tool says, by the flag with its dashes. */
export function foreignFlags(command: string): ReadonlyMap<string, string> {
  return new Map([...Object.entries(flags), ...Object.entries(flagsOf[command] ?? {})])
}

const toDisk = 'regctl copy IMAGE oci:DIR'
const fromDisk = 'regctl copy docker-archive:FILE IMAGE'

/** Commands of other tools that have no alias here, because they work on a daemon's images or take other arguments. */
export const foreignCommands: ReadonlyMap<string, string> = new Map([
  ['pull', `to a folder: ${toDisk}; into Docker: regctl copy IMAGE docker-archive:- | docker load`],
  ['push', `from a file: ${fromDisk}; from a folder: regctl copy oci:DIR IMAGE`],
  ['save', 'regctl copy IMAGE docker-archive:FILE'],
  ['export', toDisk],
  ['load', fromDisk],
  ['import', fromDisk],
  ['rmi', 'regctl delete IMAGE'],
  ['images', 'regctl tags REPOSITORY, or regctl repos REGISTRY'],
  ['history', 'regctl inspect IMAGE'],
  ['config', 'regctl inspect --config IMAGE'],
  ['auth', 'regctl login REGISTRY'],
  ['version', 'regctl --version'],
])
