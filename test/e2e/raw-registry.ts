import { isManifestType } from '../../src/model/media-types.ts'
import type { Sample } from '../helpers/images.ts'

const accept = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ')

/** Pushes a sample by bare requests, so that no code of ours vouches for itself. @param repository `http://HOST/v2/NAME` */
export async function pushSample(repository: string, { root, contents }: Sample, tag: string): Promise<void> {
  for (const { descriptor, bytes } of contents.values()) {
    if (isManifestType(descriptor.mediaType)) {
      const name = descriptor.digest === root.digest ? tag : descriptor.digest
      const headers = { 'content-type': descriptor.mediaType }
      await expectStatus(201, `${repository}/manifests/${name}`, {
        method: 'PUT',
        headers,
        body: new Uint8Array(bytes),
      })
      continue
    }
    const begun = await expectStatus(202, `${repository}/blobs/uploads/`, { method: 'POST' })
    const location = new URL(begun.headers.get('location') ?? '', repository).href
    const target = `${location}${location.includes('?') ? '&' : '?'}digest=${descriptor.digest}`
    const headers = { 'content-type': 'application/octet-stream' }
    await expectStatus(201, target, { method: 'PUT', headers, body: new Uint8Array(bytes) })
  }
}

/** The digests of a sample that a repository lacks, or holds with other bytes. @param repository `http://HOST/v2/NAME` */
export async function lacking(repository: string, { contents }: Sample): Promise<string[]> {
  const wrong: string[] = []
  for (const { descriptor, bytes } of contents.values()) {
    const kind = isManifestType(descriptor.mediaType) ? 'manifests' : 'blobs'
    const response = await fetch(`${repository}/${kind}/${descriptor.digest}`, { headers: { accept } })
    const body = Buffer.from(await response.arrayBuffer())
    if (response.status !== 200 || !body.equals(bytes)) wrong.push(`${kind} ${descriptor.digest}`)
  }
  return wrong
}

/** What a tag names; `undefined` when there is no such tag. @param repository `http://HOST/v2/NAME` */
export async function tagged(repository: string, tag: string): Promise<string | undefined> {
  const response = await fetch(`${repository}/manifests/${tag}`, { method: 'HEAD', headers: { accept } })
  return response.status === 200 ? (response.headers.get('docker-content-digest') ?? '') : undefined
}

async function expectStatus(status: number, url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init)
  const text = await response.text()
  if (response.status !== status) throw new Error(`${init.method} ${url}: ${response.status} ${text}`)
  return response
}
