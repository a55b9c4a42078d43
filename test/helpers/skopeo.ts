import { execFile } from 'node:child_process'

/** How to reach a place: skopeo is a second opinion and asks the registry itself. */
export interface SkopeoOptions {
  /** A Docker-style file with credentials; default none. */
  authfile?: string
  /** A folder with the CA as `ca.crt`; without it registries speak plain HTTP or are not verified. */
  certDir?: string
}

/** Which platform of an index is meant; default: this machine's. */
export interface InspectOptions extends SkopeoOptions {
  /** `os/architecture[/variant]`. */
  platform?: string
}

/** What `skopeo inspect` says of an image; more fields exist. */
export interface SkopeoImage {
  Name: string
  Digest: string
  RepoTags?: string[]
  Created?: string
  Labels?: Record<string, string> | null
  Architecture: string
  Os: string
  Layers: string[]
  LayersData?: { MIMEType: string; Digest: string; Size: number }[]
  Env?: string[]
}

/** An image as we write it, or any place with a scheme (`oci:DIR:TAG`). @throws Error with skopeo's own words. */
export async function skopeoInspect(place: string, options: InspectOptions = {}): Promise<SkopeoImage> {
  return JSON.parse((await inspect(place, [], options)).toString())
}

/** The manifest's or index's exact bytes. */
export function skopeoRaw(place: string, options: InspectOptions = {}): Promise<Buffer> {
  return inspect(place, ['--raw'], options)
}

/** The config's exact bytes. */
export function skopeoConfig(place: string, options: InspectOptions = {}): Promise<Buffer> {
  return inspect(place, ['--config', '--raw'], options)
}

/** Copies all platforms; digests are kept. */
export async function skopeoCopy(from: string, to: string, options: SkopeoOptions = {}): Promise<void> {
  const sides = ['src', 'dest'].flatMap(side => [
    `--${side}-tls-verify=${options.certDir !== undefined}`,
    ...(options.certDir ? [`--${side}-cert-dir=${options.certDir}`] : []),
  ])
  const auth = options.authfile ? [`--authfile=${options.authfile}`] : []
  await skopeo('copy', '--all', '--preserve-digests', '--quiet', ...auth, ...sides, place(from), place(to))
}

/** Runs skopeo with these arguments; its stdout. @throws Error with its stderr. */
export function skopeo(...args: string[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { encoding: 'buffer', timeout: 60_000, maxBuffer: 64 * 1024 * 1024 } as const
    execFile('skopeo', ['--insecure-policy', ...args], options, (error, stdout, stderr) => {
      if (error) reject(new Error(`skopeo ${args.join(' ')}: ${stderr.toString().trim() || error.message}`))
      else resolve(stdout)
    })
  })
}

function inspect(from: string, flags: readonly string[], options: InspectOptions): Promise<Buffer> {
  const [os, architecture, variant] = options.platform?.split('/') ?? []
  const overrides = [
    ...(os ? [`--override-os=${os}`] : []),
    ...(architecture ? [`--override-arch=${architecture}`] : []),
    ...(variant ? [`--override-variant=${variant}`] : []),
  ]
  const access = [
    `--tls-verify=${options.certDir !== undefined}`,
    ...(options.certDir ? [`--cert-dir=${options.certDir}`] : []),
    ...(options.authfile ? [`--authfile=${options.authfile}`] : []),
  ]
  return skopeo(...overrides, 'inspect', ...access, ...flags, place(from))
}

function place(text: string): string {
  return /^(oci|docker|oci-archive|docker-archive|dir):/.test(text) ? text : `docker://${text}`
}
