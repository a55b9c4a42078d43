import type { Client } from '../client.ts'
import type { Descriptor } from '../model/descriptor.ts'
import { isDigest } from '../model/digest.ts'
import { RegctlError } from '../model/errors.ts'
import { resolvePlace } from '../store/resolve.ts'
import type { Options, Store } from '../store/store.ts'

interface SubjectOptions extends Options {
  client: Client
  store: Store
}

/** What `--subject` names; a digest alone is one of the same repository. @throws NotFoundError, RegctlError USAGE for a subject elsewhere */
export async function findSubject(
  text: string | undefined,
  { client, store, ...options }: SubjectOptions,
): Promise<Descriptor | undefined> {
  if (text === undefined) return undefined
  if (isDigest(text)) return store.resolve(text, options)
  const place = await client.open(text)
  if (place.store.location === store.location) return resolvePlace(place, options)
  throw new RegctlError('USAGE', `${text} is not in ${store.location}`, {
    hint: 'what refers to something is in one repository with it',
  })
}
