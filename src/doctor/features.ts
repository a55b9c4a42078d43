import { discard } from '../http/body.ts'
import type { HttpResponse } from '../http/http.ts'
import { resolveLocation } from '../http/location.ts'
import type { Digest } from '../model/digest.ts'
import { ask } from './api.ts'
import type { Finding, Look } from './diagnosis.ts'
import type { Visit } from './visit.ts'

/** `null`: not seen, as nothing was asked that would show it. */
type Answers = Record<string, boolean | string | number | null>

/**
 * What the registry can do besides. Nothing is changed to find out: deletion is asked for by OPTIONS alone. With the probe of writing, an
 * upload is begun and taken back.
 */
export const featuresLook: Look = {
  name: 'features',
  needs: ['token'],
  async take(visit) {
    const { target, notes } = visit
    const answers: Answers = { catalog: await serves(visit, '/v2/_catalog?n=1') }
    if (target.repository !== undefined) {
      const place = `/v2/${target.repository}`
      const digest = notes.manifest?.digest
      answers.tags = await serves(visit, `${place}/tags/list?n=1`)
      answers.referrers = digest ? await serves(visit, `${place}/referrers/${digest}`) : null
      answers.ranges = notes.blob?.ranges ?? null
      answers.deletion = digest ? await announcesDeletion(visit, `${place}/manifests/${digest}`) : null
      if (visit.writeProbe) Object.assign(answers, await probeWriting(visit, place, notes.blob?.digest))
    }
    return finding(answers)
  },
}

const names: Readonly<Record<string, string>> = {
  catalog: 'catalog',
  tags: 'list of tags',
  referrers: 'referrers',
  ranges: 'parts of blobs',
  deletion: 'deletion announced',
  upload: 'upload',
  mount: 'mount',
}

function finding(answers: Answers): Finding {
  const known = Object.entries(answers).flatMap(([key, value]) =>
    names[key] && value !== null ? [[names[key], value] as const] : [],
  )
  const [has, lacks] = [true, false].map(wanted => known.flatMap(([name, value]) => (value === wanted ? [name] : [])))
  const minimum = answers.chunkMinimum ? [`chunks of ${answers.chunkMinimum} bytes at least`] : []
  const parts = [has?.join(', '), lacks?.length ? `not: ${lacks.join(', ')}` : '', ...minimum]
  const summary = parts.filter(Boolean).join('; ')
  if (answers.upload !== false) return { status: 'ok', summary, details: answers }
  return {
    status: 'warning',
    summary,
    hint: 'nothing can be pushed with this login: ask for the right to push',
    details: answers,
  }
}

async function serves(visit: Visit, url: string): Promise<boolean> {
  const response = await ask(visit, { method: 'GET', url })
  await discard(response)
  return response.status === 200
}

/** Whether the methods that the server names have DELETE among them; it may refuse it all the same. `null` where it names none. */
async function announcesDeletion(visit: Visit, url: string): Promise<boolean | null> {
  const response = await ask(visit, { method: 'OPTIONS', url })
  await discard(response)
  const { allow } = response.headers
  return allow === undefined ? null : /\bDELETE\b/i.test(allow)
}

/** A blob that is there is mounted onto itself, which changes nothing; an upload that is begun is taken back. */
async function probeWriting(visit: Visit, place: string, digest: Digest | undefined): Promise<Answers> {
  const begun = await ask(visit, { method: 'POST', url: `${place}/blobs/uploads/` })
  await discard(begun)
  await takeBack(visit, begun)
  const minimum = Number(begun.headers['oci-chunk-min-length'] ?? 0)
  const answers: Answers = { upload: begun.status === 202, chunkMinimum: Number.isSafeInteger(minimum) ? minimum : 0 }
  if (!answers.upload || digest === undefined) return answers
  const from = encodeURIComponent(visit.target.repository ?? '')
  const mounted = await ask(visit, { method: 'POST', url: `${place}/blobs/uploads/?mount=${digest}&from=${from}` })
  await discard(mounted)
  await takeBack(visit, mounted)
  return { ...answers, mount: mounted.status === 201 }
}

/** Only at the registry itself: the login that comes along is for nobody else (T3). */
async function takeBack(visit: Visit, { status, headers }: HttpResponse): Promise<void> {
  const upload = status === 202 ? resolveLocation(headers.location ?? '', visit.baseUrl) : undefined
  if (upload === undefined || new URL(upload).origin !== new URL(visit.baseUrl).origin) return
  await discard(await ask(visit, { method: 'DELETE', url: upload }))
}
