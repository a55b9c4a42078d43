import type { Readable } from 'node:stream'
import type { Quota } from '../http/quota.ts'
import type { Open } from '../model/content.ts'
import type { Descriptor } from '../model/descriptor.ts'
import type { Manifest } from '../model/manifest.ts'
import type { Served } from './served.ts'

/** What everything that takes time can be given. */
export interface Options {
  signal?: AbortSignal | undefined
}

/** From which byte on content is read. */
export interface FetchOptions extends Options {
  /** First byte wanted; 0 when absent. */
  offset?: number | undefined
}

/** Which referrers are listed. */
export interface ReferrersOptions extends Options {
  /** Only those of this type. */
  artifactType?: string | undefined
}

/** Where an interrupted push can be picked up; what the text means is the store's business. */
export interface Checkpoint {
  load(): Promise<string | undefined>
  save(at: string): Promise<void>
  clear(): Promise<void>
}

/** What content is called, and how it may get there without being sent. */
export interface PushOptions extends Options {
  /** Names the content in the same breath; for manifests only. */
  tag?: string | undefined
  /** The {@link Source.location} that has this content: a store in the same registry mounts it instead of moving bytes. */
  mountFrom?: string | undefined
  checkpoint?: Checkpoint | undefined
  /** The content is most likely not here: it may be opened before that is known for sure. */
  isNew?: boolean | undefined
}

/** `present`: the store had the content already and nothing was sent. */
export type PushOutcome = 'pushed' | 'mounted' | 'present'

/** Enough to find content: the media type tells manifest from blob. */
export type Address = Pick<Descriptor, 'digest' | 'mediaType'>

/** Anything images can be read from. */
export interface Source {
  /** As a person would type it, without tag or digest: `127.0.0.1:5000/demo/app`, `oci:DIR`, `oci-archive:FILE`. */
  readonly location: string
  /** What a tag or digest names. @throws NotFoundError */
  resolve(reference: string, options?: Options): Promise<Descriptor>
  /** `undefined`: not here. */
  stat(target: Address, options?: Options): Promise<Descriptor | undefined>
  /** The raw bytes; whoever keeps or parses them verifies them (`store/read.ts`). @throws NotFoundError */
  fetch(target: Address, options?: FetchOptions): Promise<Readable>
  /** What {@link tags} lists are names of images (`nginx:1.27`) and no tags, as in a Docker archive. */
  readonly hasImageNames?: boolean
  /** In the order of the store; a repository that is not there throws NotFoundError. */
  tags(options?: Options): AsyncIterable<string>
  /**
   * Manifests whose `subject` is this one, each with its `artifactType` (or else its config's media type) and its annotations
   * (distribution-spec "Listing Referrers").
   */
  referrers(subject: Descriptor, options?: ReferrersOptions): AsyncIterable<Descriptor>
  /** Told that so many transfers will soon begin at once: who talks over a network opens connections ahead. */
  expect?(transfers: number): void
  /**
   * Told by whoever kept or parsed bytes that they were not the target's. True when they came from one source of several (mirrors): fetched
   * again, they come from another.
   */
  distrust?(target: Address): boolean
}

/** Anything images can be written to. */
export interface Store extends Source {
  /**
   * Keeps content after counting and hashing it. Content that is here already is not opened again; its tag is still set. A registry is
   * sent a manifest each time: it has no other way to be told a tag.
   * @throws MismatchError when the bytes are not the target's: nothing is kept and no tag is moved.
   */
  push(target: Descriptor, open: Open, options?: PushOptions): Promise<PushOutcome>
  /** Names a manifest by all of these at once, where that takes less than a push for each; see {@link PushOptions.tag}. */
  tagAll?(target: Descriptor, open: Open, options: Options & { tags: readonly string[] }): Promise<void>
  /** Whether this manifest can be kept here, asked before anything below it is moved. @throws RegctlError UNSUPPORTED, saying why not */
  admit?: ((manifest: Manifest) => void) | undefined
  /** Removes one tag and leaves its siblings. @throws NotFoundError, RegctlError UNSUPPORTED where that would take them along */
  untag(tag: string, options?: Options): Promise<void>
  /** Removes content, and the tags that named it. @throws NotFoundError */
  delete(target: Address, options?: Options): Promise<void>
  /**
   * Finishes what was pushed, untagged and deleted since the store was opened; called by who opened it, once all of that went well. An
   * archive is written here: until then its file is the old one, and without it what was pushed is left to the next run, under its digest.
   * A store without it has done everything already. The store may be used again afterwards.
   */
  close?(): Promise<void>
}

/** A store and what is meant in it: a tag or a digest. */
export interface Place<S extends Source = Source> {
  store: S
  reference: string
  /** HTTP requests sent for this place so far, retries and redirects included. */
  requests?: () => number
  /** What the registry last said of the pulls it still grants. */
  quota?: () => Quota | undefined
  /** What came from which mirror so far, and from the registry itself; absent where there are no mirrors. */
  served?: () => Served[]
}
