import { isObject } from '../model/descriptor.ts'
import { InvalidContentError } from '../model/errors.ts'
import type { Draft, EventWord } from './event.ts'
import { digestIn, type Fields, repositoryIn, tagIn, textIn, timeOfText } from './fields.ts'

/**
 * Sonatype Nexus 3: an asset (`v2/team/app/manifests/1.2`) or a component (`team/app`, `1.2`) of one of its repositories (3.4). The delivery's
 * id stands in a header that nothing signs, so the id is made from the signed body (T24).
 */
export function readNexus(payload: Fields): Draft[] | undefined {
  const { repositoryName, action, asset, component } = payload
  const subject = isObject(asset) ? asset : component
  if (typeof repositoryName !== 'string' || typeof action !== 'string' || !isObject(subject)) return undefined
  return [
    {
      event: words.get(action) ?? 'other',
      registry: null,
      ...(isDocker(subject.format) ? dockerNames(repositoryName, subject) : otherNames(repositoryName, subject)),
      actor: actorOf(payload.initiator),
      time: timeOfText(payload.timestamp),
    },
  ]
}

/** `UPDATED` is a tag that moved, and other changes as well. */
const words: ReadonlyMap<unknown, EventWord> = new Map([
  ['CREATED', 'push'],
  ['UPDATED', 'update'],
  ['DELETED', 'delete'],
  ['PURGED', 'delete'],
])

type Names = Pick<Draft, 'repository' | 'tag' | 'digest' | 'blob'>

function isDocker(format: unknown): boolean {
  return format === 'docker' || format === 'oci'
}

function dockerNames(within: string, { name, version }: Fields): Names {
  if (typeof name !== 'string') throw new InvalidContentError('the notice of Nexus has no name of an asset')
  const path = /^\/?v2\/(?:(.+)\/)?(manifests|blobs)\/([^/]+)$/.exec(name)
  const [, image, kind, reference = ''] = path ?? [undefined, name, 'manifests', version]
  // Layers belong to all images of a repository: `v2/-/blobs/sha256:…`.
  const repository = repositoryIn(image === undefined || image === '-' ? within.toLowerCase() : inside(within, image))
  const isReferenceDigest = typeof reference === 'string' && reference.includes(':')
  return {
    repository,
    tag: isReferenceDigest ? null : tagIn(reference),
    digest: isReferenceDigest ? digestIn(reference) : null,
    blob: kind === 'blobs',
  }
}

/** As a reference by path has it; the names of Nexus's own repositories may have upper-case letters, those of images may not. */
function inside(within: string, image: string): string {
  return `${within.toLowerCase()}/${image}`
}

/** What is no image has no grammar to hold it to: text that begins like no flag, and nothing else (T24). */
function otherNames(within: string, { name, version }: Fields): Names {
  const parts = [within, name].flatMap(part => textIn(part) ?? [])
  const [repository, tag] = [parts.join('/'), textIn(version)]
  if ([repository, tag].some(text => text?.startsWith('-')))
    throw new InvalidContentError('the notice of Nexus has a name that begins with a dash')
  return { repository: repository || null, tag, digest: null }
}

/** `admin/127.0.0.1` is a user and an address. */
function actorOf(initiator: unknown): string | null {
  const text = textIn(initiator)
  return text?.replace(/\/[^/]*$/, '') || text
}
