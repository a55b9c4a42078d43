import type { RateLimit } from '../http/rate.ts'
import type { Platform } from '../model/descriptor.ts'
import type { Notify } from '../model/notice.ts'
import type { Options } from '../store/store.ts'
import type { OnCopyEvent } from './events.ts'
import type { ImageFormat } from './format.ts'

/** What is copied, how fast, and who is told. */
export interface CopyOptions extends Options {
  /** Only these; an index is then written anew with fewer entries, and has a new digest. */
  platforms?: readonly Platform[] | undefined
  /** Manifests of another format are written anew in this one, and have new digests; config and layers stay as they are. */
  format?: ImageFormat | undefined
  /** Transfers at once. Default 8, and 16 of blobs below 8 MiB. */
  jobs?: number | undefined
  /** Check every part at the destination, even below a manifest that is there. */
  force?: boolean | undefined
  /** Refuse to move a tag that names something else. */
  noClobber?: boolean | undefined
  /** Send nothing; the result says what would be done. */
  dryRun?: boolean | undefined
  /** Bring what refers to the image and to the images in an index, and what refers to that: signatures, attestations, SBOMs. */
  referrers?: boolean | undefined
  /** Of the referrers only those of these artifact types, at every level; all when there is none. */
  artifactTypes?: readonly string[] | undefined
  /** Bring what cosign keeps under tags named after a digest: `sha256-….sig`, `.att` and `.sbom`. */
  digestTags?: boolean | undefined
  /** A folder where a copy that is cut short leaves where it had got, and the next run of the same copy picks it up. */
  journals?: string | undefined
  /** How fast the bytes of blobs may pass; may be shared by several copies. */
  rateLimit?: RateLimit | undefined
  onEvent?: OnCopyEvent | undefined
  /** Told before the copy would use up the pulls that the source grants (RATE_LIMIT_LOW), and of what is left behind. */
  notify?: Notify | undefined
}
