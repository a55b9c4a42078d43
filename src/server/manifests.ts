import type { IncomingMessage } from 'node:http'
import { openBytes } from '../model/content.ts'
import { type Descriptor, descriptorOf, isObject } from '../model/descriptor.ts'
import { algorithmOf, type Digest, hasherFor } from '../model/digest.ts'
import { isNotFound, RegctlError } from '../model/errors.ts'
import { type Manifest, maxManifestSize, parseManifest } from '../model/manifest.ts'
import { isManifestType, isNondistributable, mediaTypes, withoutParameters } from '../model/media-types.ts'
import type { Address, Store } from '../store/store.ts'
import { sendContent } from './blobs.ts'
import { type Handlers, isUnchanged, openRepository } from './exchange.ts'
import type { Repositories } from './repositories.ts'
import { type Headers, Refusal, respondEmpty } from './respond.ts'
import { digestParameter, tagParameter } from './routes.ts'

/** Tags that one request may set. */
const maxTags = 50

/** `/v2/<name>/manifests/<reference>`: pull, push and delete (end-3, end-7, end-9). */
export function manifestHandlers(repositories: Repositories): Handlers {
  return {
    async GET(exchange) {
      const { req, res, route, signal } = exchange
      const store = await openRepository(repositories, route.name)
      const manifest = await resolve(store, route.target)
      const headers = contentHeaders(manifest)
      if (isUnchanged(req, `"${manifest.digest}"`)) return respondEmpty(res, 304, headers)
      await sendContent(exchange, { status: 200, headers, open: () => store.fetch(manifest, { signal }) })
    },
    async PUT({ req, res, route: { name, target }, query }) {
      const tags = tagsOf(target, query)
      const bytes = await readBody(req)
      const mediaType = typeOf(bytes, req.headers['content-type'])
      const manifest = parse(bytes, mediaType)
      const pushed = describe(bytes, mediaType, target)
      const store = await repositories.create(name)
      await requireChildren(store, manifest)
      for (const tag of tags.length > 0 ? tags : [undefined]) {
        await store.push(pushed, openBytes(bytes), { tag })
      }
      const headers: Headers = {
        Location: `/v2/${name}/manifests/${pushed.digest}`,
        'Docker-Content-Digest': pushed.digest,
      }
      // Tells clients that they need not keep the referrers' tag themselves (item 50).
      if (manifest.subject) headers['OCI-Subject'] = manifest.subject.digest
      if (query.has('tag')) headers['OCI-Tag'] = tags
      respondEmpty(res, 201, headers)
    },
    async DELETE({ res, route: { name, target } }) {
      const store = await openRepository(repositories, name)
      const manifest = await resolve(store, target)
      // A tag goes alone: its siblings and the manifest stay (T28).
      if (target.includes(':')) await store.delete(manifest)
      else await store.untag(target)
      respondEmpty(res, 202)
    },
  }
}

/** @throws Refusal 404 MANIFEST_UNKNOWN, also for the digest of a blob. */
async function resolve(store: Store, reference: string): Promise<Descriptor> {
  try {
    const found = await store.resolve(reference)
    if (isManifestType(found.mediaType)) return found
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
  throw new Refusal(404, 'MANIFEST_UNKNOWN', 'the manifest is not in this repository', { detail: { reference } })
}

/** The tag of the path, and those of `?tag=a&tag=b` (distribution-spec 1.2 draft, item 51). */
function tagsOf(target: string, query: URLSearchParams): string[] {
  const asked = query.getAll('tag').map(tagParameter)
  const tags = new Set(target.includes(':') ? asked : [target, ...asked])
  if (tags.size > maxTags) throw new Refusal(414, 'TAG_INVALID', `at most ${maxTags} tags in one request`)
  return [...tags]
}

/** Without a Content-Type the manifest's own word counts; that the two agree is for the parser to see (item 47). */
function typeOf(bytes: Buffer, contentType: string | undefined): string {
  const mediaType = contentType === undefined ? ownMediaType(bytes) : withoutParameters(contentType)
  if (mediaType !== undefined && isManifestType(mediaType)) return mediaType
  throw invalid('this media type is not one of a manifest')
}

/** By the algorithm of the digest it was pushed under, else sha256. @throws Refusal 400 when it is another one's (T11). */
function describe(bytes: Buffer, mediaType: string, target: string): Descriptor {
  if (!target.includes(':')) return descriptorOf(bytes, mediaType)
  const asked = digestParameter(target)
  const digest: Digest = `${algorithmOf(asked)}:${hasherFor(asked).update(bytes).digest('hex')}`
  if (asked === digest) return { mediaType, digest, size: bytes.length }
  throw new Refusal(400, 'DIGEST_INVALID', 'the manifest has another digest', { detail: { digest } })
}

function ownMediaType(bytes: Buffer): string | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    return isObject(value) && typeof value.mediaType === 'string' ? value.mediaType : undefined
  } catch {
    return undefined
  }
}

function parse(bytes: Buffer, mediaType: string): Manifest {
  try {
    return parseManifest(bytes, mediaType)
  } catch (error) {
    if (error instanceof RegctlError) throw invalid(error.message)
    throw error
  }
}

function invalid(message: string): Refusal {
  return new Refusal(400, 'MANIFEST_INVALID', message)
}

/** Everything a manifest needs must be here before it; its subject need not (distribution-spec "Pushing Manifests with Subject"). */
async function requireChildren(store: Store, manifest: Manifest): Promise<void> {
  const missing: Digest[] = []
  for (const child of children(manifest)) if (!(await isHere(store, child))) missing.push(child.digest)
  if (missing.length === 0) return
  const detail = missing.map(digest => ({ digest }))
  throw new Refusal(400, 'MANIFEST_BLOB_UNKNOWN', `not in this repository: ${missing.join(', ')}`, { detail })
}

function children(manifest: Manifest): Address[] {
  if (manifest.kind === 'index') return [...manifest.manifests]
  const blobs = [...(manifest.config ? [manifest.config] : []), ...manifest.layers]
  // Whatever type they claim, config and layers are blobs; those not for distribution stay where they are (item 45).
  return blobs
    .filter(blob => !isNondistributable(blob.mediaType))
    .map(({ digest }) => ({ digest, mediaType: mediaTypes.octets }))
}

async function isHere(store: Store, { digest, mediaType }: Address): Promise<boolean> {
  if (!isManifestType(mediaType)) return (await store.stat({ digest, mediaType })) !== undefined
  return store.resolve(digest).then(
    () => true,
    error => {
      if (isNotFound(error)) return false
      throw error
    },
  )
}

/** At most 4 MiB (distribution-spec "Pushing Manifests"); what is over is read away for a while, so that the answer is heard (T12). */
async function readBody(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= maxManifestSize) chunks.push(chunk)
    else chunks.length = 0
    if (size > 4 * maxManifestSize) break
  }
  if (size <= maxManifestSize) return Buffer.concat(chunks)
  throw new Refusal(413, 'SIZE_INVALID', `a manifest may have ${maxManifestSize} bytes`, {
    headers: { Connection: 'close' },
  })
}

function contentHeaders({ mediaType, digest, size }: Descriptor): Headers {
  return { 'Content-Type': mediaType, 'Content-Length': size, 'Docker-Content-Digest': digest, ETag: `"${digest}"` }
}
