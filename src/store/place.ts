import { isDigest } from '../model/digest.ts'
import type { Place } from './store.ts'

/** As a person would type it: `127.0.0.1:5000/demo/app:1.2`, `oci:DIR@sha256:…`. */
export function formatPlace({ store, reference }: Pick<Place, 'store' | 'reference'>): string {
  if (reference === '') return store.location
  return `${store.location}${isDigest(reference) ? '@' : ':'}${reference}`
}
