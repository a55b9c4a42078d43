import { access, link, mkdir, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Descriptor } from '../model/descriptor.ts'
import { algorithmOf, encodedOf } from '../model/digest.ts'
import { isRepository } from '../model/reference.ts'
import { layoutStore } from '../store/layout.ts'
import type { Store } from '../store/store.ts'
import type { Repositories } from './repositories.ts'

/**
 * One OCI layout per repository, side by side in `dir`: `demo/app` is the folder `demo+app`, which other tools read as `oci:DIR/demo+app`.
 * No name can have a `+`, so none collides with another's folder or with a layout's own files, and `a` and `a/b` can both be there.
 * Uploads that have begun live in `DIR/.uploads`, and outlive a restart.
 */
export function layoutRepositories(dir: string): Repositories {
  const stores = new Map<string, Store>()
  const folderOf = (name: string) => join(dir, name.replaceAll('/', '+'))
  const storeOf = (name: string) => {
    const store = stores.get(name) ?? layoutStore(folderOf(name))
    stores.set(name, store)
    return store
  }
  return {
    spoolDir: join(dir, '.uploads'),
    open: async name => ((await isLayout(folderOf(name))) ? storeOf(name) : undefined),
    create: async name => storeOf(name),
    async *names() {
      const names = (await folders(dir)).map(folder => folder.replaceAll('+', '/')).filter(isRepository)
      for (const name of names.sort()) if (await isLayout(folderOf(name))) yield name
    },
    share: (blob, from, to) => hardLink(blob, folderOf(from), folderOf(to)),
  }
}

async function folders(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return entries.filter(entry => entry.isDirectory()).map(entry => entry.name)
}

function isLayout(folder: string): Promise<boolean> {
  return access(join(folder, 'oci-layout')).then(
    () => true,
    () => false,
  )
}

/** A blob is never written again once it has its name, so two layouts can share the file; not on every file system. */
async function hardLink({ digest }: Descriptor, from: string, to: string): Promise<boolean> {
  if (!(await isLayout(to))) return false
  const path = join('blobs', algorithmOf(digest), encodedOf(digest))
  try {
    await mkdir(dirname(join(to, path)), { recursive: true })
    await link(join(from, path), join(to, path))
    return true
  } catch {
    return false
  }
}
