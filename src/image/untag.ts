import { RegctlError, reworded } from '../model/errors.ts'
import { formatPlace } from '../store/place.ts'
import { resolvePlace } from '../store/resolve.ts'
import type { Options, Place, Store } from '../store/store.ts'
import { untagByStandIn } from './stand-in.ts'

/** How a tag was removed: by the protocol, by the product's own interface, or with a manifest that was put in its place. */
export type UntagWay = 'protocol' | 'product' | 'stand-in'

/** Removes one tag by a product's own interface. */
export type Untag = (tag: string, options: Options) => Promise<void>

/** Which ways are tried besides that of the protocol. */
export interface UntagOptions extends Options {
  /** Asked for where the protocol's way is refused; nothing where the product has no such interface. */
  product?: (() => Promise<Untag | undefined>) | undefined
  /** Where nothing else works: {@link untagByStandIn}. */
  standIn?: boolean | undefined
}

/**
 * Removes one tag and leaves the image and its other tags; never by removing the digest, which would take them along (item 70, T28).
 * @throws RegctlError UNSUPPORTED where there is no way: nothing was changed; NotFoundError
 */
export async function untag(place: Place<Store>, { product, standIn, signal }: UntagOptions = {}): Promise<UntagWay> {
  const { store, reference } = place
  try {
    await store.untag(reference, { signal })
    return 'protocol'
  } catch (error) {
    // Docker Hub's tokens for its registry may leave deletion out where its own interface grants it: a refusal is not the last word either.
    if (!isUnsupported(error) && !isRefused(error)) throw error
    // What is not there needs no way to be removed; some registries refuse before they look.
    if (isUnsupported(error)) await resolvePlace(place, { signal })
    const refusal = await tryProduct(place, { product, signal })
    if (refusal === undefined) return 'product'
    if (!isUnsupported(error)) throw refusal ?? error
    if (!standIn) throw explained(place, refusal ?? error)
  }
  await untagByStandIn(place, { signal })
  return 'stand-in'
}

/** `undefined` when the tag is gone; `null` where the product has no such interface, or why it does not serve. */
async function tryProduct(
  { reference }: Place<Store>,
  { product, signal }: UntagOptions,
): Promise<RegctlError | null | undefined> {
  const byProduct = await product?.()
  if (!byProduct) return null
  try {
    await byProduct(reference, { signal })
    return undefined
  } catch (error) {
    if (isUnsupported(error)) return error
    throw error
  }
}

function isUnsupported(error: unknown): error is RegctlError {
  return error instanceof RegctlError && error.code === 'UNSUPPORTED'
}

function isRefused(error: unknown): boolean {
  return error instanceof RegctlError && (error.code === 'UNAUTHORIZED' || error.code === 'DENIED')
}

function explained(place: Place<Store>, error: RegctlError): RegctlError {
  return reworded(error, `${error.message}: ${formatPlace(place)} stays as it is`)
}
