import type { RequestListener } from 'node:http'
import { mediaTypes } from '../../../src/model/media-types.ts'
import { memoryRepositories, type Repositories } from '../../../src/server/repositories.ts'
import { createRegistryServer } from '../../../src/server/server.ts'
import type { Store } from '../../../src/store/store.ts'
import { type Sample, seed } from '../images.ts'

/** An image of a tag, as a product counts it for its lists. */
export interface TagImage {
  os: string
  architecture: string
  variant: string | null
  digest: string
  size: number
  created: string | null
}

export interface TagRow {
  name: string
  digest: string
  mediaType: string
  isIndex: boolean
  images: TagImage[]
}

/** What a product holds: our own registry's store, read for the product's lists. */
export interface Contents {
  repositories: Repositories
  /** `/v2/` by the protocol. */
  v2: RequestListener
  push(repository: string, sample: Sample, ...tags: string[]): Promise<void>
  names(): Promise<string[]>
  /** In the order of their names; `undefined`: there is no such repository. */
  rows(repository: string): Promise<TagRow[] | undefined>
  untag(repository: string, tag: string): Promise<boolean>
}

export function createContents(): Contents {
  const repositories = memoryRepositories()
  const { handler } = createRegistryServer({ repositories })
  return {
    repositories,
    v2: handler,
    async push(repository, sample, ...tags) {
      const store = await repositories.create(repository)
      for (const tag of tags) await seed(store, sample, tag)
    },
    async names() {
      const names: string[] = []
      for await (const name of repositories.names()) names.push(name)
      return names
    },
    async rows(repository) {
      const store = await repositories.open(repository)
      if (!store) return undefined
      const names: string[] = []
      for await (const name of store.tags()) names.push(name)
      return Promise.all(names.sort().map(name => rowOf(store, name)))
    },
    async untag(repository, tag) {
      const store = await repositories.open(repository)
      const found = await store?.resolve(tag).catch(() => undefined)
      if (!store || !found) return false
      await store.untag(tag)
      return true
    },
  }
}

interface Json {
  [name: string]: unknown
}

async function rowOf(store: Store, name: string): Promise<TagRow> {
  const { digest, mediaType } = await store.resolve(name)
  const manifest = await read(store, { digest, mediaType })
  const isIndex = Array.isArray(manifest.manifests)
  const children = isIndex ? (manifest.manifests as (Json & Address)[]) : [{ digest, mediaType }]
  const images = await Promise.all(children.map(child => imageOf(store, child)))
  return { name, digest, mediaType, isIndex, images }
}

type Address = Parameters<Store['fetch']>[0]

async function imageOf(store: Store, address: Address): Promise<TagImage> {
  const manifest = await read(store, address)
  const parts = [manifest.config, ...(manifest.layers as unknown[])] as (Address & { size: number })[]
  const config = parts[0]?.mediaType === mediaTypes.empty || !parts[0] ? {} : await read(store, parts[0])
  return {
    os: String(config.os ?? 'unknown'),
    architecture: String(config.architecture ?? 'unknown'),
    variant: typeof config.variant === 'string' ? config.variant : null,
    digest: address.digest,
    size: parts.reduce((sum, { size }) => sum + size, 0),
    created: typeof config.created === 'string' ? config.created : null,
  }
}

async function read(store: Store, address: Address): Promise<Json> {
  return JSON.parse(Buffer.concat(await (await store.fetch(address)).toArray()).toString())
}
