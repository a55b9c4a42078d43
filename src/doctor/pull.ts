import { discard, readAll, readStart } from '../http/body.ts'
import { type Layer, stack } from '../http/http.ts'
import { parseQuota } from '../http/quota.ts'
import { redirect } from '../http/redirect.ts'
import { type Digest, isDigest } from '../model/digest.ts'
import { RegctlError } from '../model/errors.ts'
import { maxManifestSize, parseManifest } from '../model/manifest.ts'
import { acceptManifests, withoutParameters } from '../model/media-types.ts'
import { ask, refusal } from './api.ts'
import { type Finding, failedBy, type Look } from './diagnosis.ts'
import { withoutRight } from './login.ts'
import type { Visit } from './visit.ts'

const maxBody = 64 * 1024

/** The manifest's HEAD: what decides whether a pull begins. It costs nothing of Docker Hub's pulls (3.1). */
export const manifestLook: Look = {
  name: 'manifest',
  needs: ['token'],
  async take(visit) {
    const { target, notes } = visit
    if (target.repository === undefined)
      return {
        status: 'skipped',
        summary: 'no repository was named',
        hint: `name one: regctl doctor ${target.registry}/REPOSITORY`,
      }
    const reference = target.digest ?? target.tag ?? (await someTag(visit))
    const place = `/v2/${target.repository}/manifests/${reference}`
    const head = await ask(visit, { method: 'HEAD', url: place, headers: { accept: acceptManifests } })
    await discard(head)
    const named = `${isDigest(reference) ? reference : `tag ${reference}`} of ${target.registry}/${target.repository}`
    if (head.status !== 200) return refusedManifest(visit, { place, named })
    const digest = head.headers['docker-content-digest']
    const mediaType = withoutParameters(head.headers['content-type'] ?? '')
    notes.manifest = { reference, mediaType, headers: head.headers, digest: isDigest(digest) ? digest : undefined }
    const size = Number(head.headers['content-length'] ?? Number.NaN)
    const details = { reference, digest: digest ?? null, mediaType, ...(Number.isFinite(size) && { size }) }
    return { status: 'ok', summary: `${named} is ${digest ?? mediaType}`, details }
  },
}

/** One blob as a pull gets it: many registries send to a storage elsewhere, which a firewall may not let through. */
export const blobLook: Look = {
  name: 'blob',
  needs: ['manifest'],
  async take(visit) {
    const { target, notes } = visit
    if (!notes.manifest) return { status: 'skipped', summary: 'no manifest was looked at' }
    const digest = await someBlob(visit, notes.manifest.digest ?? notes.manifest.reference)
    if (digest === undefined) return { status: 'skipped', summary: 'the image has no blob to look at' }
    const hops: string[] = []
    const spy: Layer = next => request => {
      hops.push(new URL(request.url).host)
      return next(request)
    }
    const { authorization } = notes
    const send = stack(visit.send, redirect(), spy)
    try {
      const response = await send({
        method: 'GET',
        url: `${visit.baseUrl}/v2/${target.repository}/blobs/${digest}`,
        headers: { range: 'bytes=0-0', ...(authorization !== undefined && { authorization }) },
        signal: visit.signal,
      })
      const { status } = response
      const redirects = hops.slice(1)
      const details = { digest, status, redirects, ranges: status === 206 }
      const what = `blob ${digest} of ${target.registry}/${target.repository}`
      if (status !== 200 && status !== 206)
        return elsewhere(failedBy(await refusal(response, target.registry, what), details), redirects)
      await discard(response)
      notes.blob = { digest, ranges: status === 206 }
      const from =
        redirects.length === 0
          ? 'the registry gives it itself'
          : `the registry sends us to ${redirects.join(', then ')}, which gives it`
      return { status: 'ok', summary: from, details }
    } catch (error) {
      if (!(error instanceof RegctlError)) throw error
      return elsewhere(failedBy(error, { digest, redirects: hops.slice(1) }), hops.slice(1))
    }
  },
}

/** How many pulls are left, where the registry counts them (3.1). */
export const limitsLook: Look = {
  name: 'limits',
  needs: ['api'],
  async take({ target, notes }) {
    const quota = parseQuota(notes.manifest?.headers ?? notes.api?.headers ?? {})
    if (!quota) return { status: 'ok', summary: 'the registry tells of none', details: { limit: null } }
    const { limit, remaining, windowSeconds } = quota
    const summary = `${remaining} of ${limit} pulls are left in ${Math.round(windowSeconds / 360) / 10} hours`
    if (remaining > 0) return { status: 'ok', summary, details: { ...quota } }
    const hint = notes.found
      ? 'wait until the window is over'
      : `log in (regctl login ${target.registry}): accounts have higher limits`
    return { status: 'warning', summary, hint, details: { ...quota } }
  },
}

/** `latest` where it is, else the first of the list: some image is as good as another to try the way. */
async function someTag(visit: Visit): Promise<string> {
  const { target } = visit
  const url = `/v2/${target.repository}/manifests/latest`
  const head = await ask(visit, { method: 'HEAD', url, headers: { accept: acceptManifests } })
  await discard(head)
  if (head.status !== 404) return 'latest'
  const list = await ask(visit, { method: 'GET', url: `/v2/${target.repository}/tags/list?n=1` })
  const text = await readStart(list, maxBody)
  const [, tag = 'latest'] = /"tags"\s*:\s*\[\s*"([A-Za-z0-9_][A-Za-z0-9._-]{0,127})"/.exec(text) ?? []
  return list.status === 200 ? tag : 'latest'
}

/** GET, for the registry's own words: the answer to a HEAD has none. */
async function refusedManifest(visit: Visit, { place, named }: { place: string; named: string }): Promise<Finding> {
  const { target, notes } = visit
  const response = await ask(visit, { method: 'GET', url: place, headers: { accept: acceptManifests } })
  const { status } = response
  const { credential, source } = notes.found ?? {}
  const refused = source && { username: credential?.kind === 'password' ? credential.username : undefined, source }
  const error = await refusal({ ...response, ...(refused && { refused }) }, target.registry, named)
  const finding = failedBy(error, { status, registryCodes: 'registryCodes' in error ? error.registryCodes : [] })
  if (error.code === 'NOT_FOUND')
    return {
      ...finding,
      hint: `see what there is: regctl tags ${target.registry}/${target.repository}, or regctl repos ${target.registry}`,
    }
  const isDenied = error.code === 'UNAUTHORIZED' || error.code === 'DENIED'
  return isDenied && (notes.notGranted || notes.found) ? { ...finding, hint: withoutRight(visit) } : finding
}

/** The config of the image, or of the first image of an index: the smallest of its blobs. One pull, and two of an index, by Docker Hub's count. */
async function someBlob(visit: Visit, reference: string, depth = 0): Promise<Digest | undefined> {
  const { target } = visit
  const url = `/v2/${target.repository}/manifests/${reference}`
  const response = await ask(visit, { method: 'GET', url, headers: { accept: acceptManifests } })
  if (response.status !== 200) throw await refusal(response, target.registry, `manifest ${reference}`)
  const mediaType = withoutParameters(response.headers['content-type'] ?? '')
  const manifest = parseManifest(await readAll(response, maxManifestSize), mediaType)
  if ('manifests' in manifest) {
    const [first] = manifest.manifests
    return first && depth < 2 ? someBlob(visit, first.digest, depth + 1) : undefined
  }
  return manifest.config?.digest
}

/** A failure at the storage is none of the registry's, and has a remedy of its own. */
function elsewhere(finding: Finding, redirects: readonly string[]): Finding {
  const storage = redirects.at(-1)
  if (storage === undefined || finding.code === 'REFUSED') return finding
  return { ...finding, hint: `blobs come from ${storage}: let this machine and its proxy reach it` }
}
