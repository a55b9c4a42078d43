import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { encodedOf } from '../../src/model/digest.ts'
import { layoutRepositories } from '../../src/server/layout-repositories.ts'
import { layoutStore } from '../../src/store/layout.ts'
import { makeImage, openBytes, randomBlob, seed } from '../helpers/images.ts'
import { freshFolder } from './homes.ts'

describe('repositories as layouts', () => {
  it('are plain OCI layouts that others can read', async () => {
    const dir = await freshFolder()
    const image = makeImage()
    await seed(await layoutRepositories(dir).create('demo/app'), image, '1.0')
    expect(await readdir(join(dir, 'demo+app'))).toEqual(expect.arrayContaining(['blobs', 'index.json', 'oci-layout']))
    expect(await layoutStore(join(dir, 'demo+app')).resolve('1.0')).toMatchObject({ digest: image.root.digest })
  })

  it('nest in either order without touching each other', async () => {
    const repositories = layoutRepositories(await freshFolder())
    const names = ['a/b/c', 'a/b', 'a', 'a/blobs', 'a/index.json', 'a/oci-layout']
    const images = names.map(() => makeImage({ layers: 1 }))
    for (const [at, name] of names.entries()) {
      const image = images[at]
      if (image) await seed(await repositories.create(name), image, 'latest')
    }
    for (const [at, name] of names.entries()) {
      expect(await (await repositories.open(name))?.resolve('latest')).toMatchObject({
        digest: images[at]?.root.digest,
      })
    }
  })

  it('are not there before something was pushed, nor for a folder that is no layout', async () => {
    const repositories = layoutRepositories(await freshFolder())
    await repositories.create('app')
    expect(await repositories.open('app')).toBeUndefined()
    const names: string[] = []
    for await (const name of repositories.names()) names.push(name)
    for await (const name of layoutRepositories('/nonexistent/regctl').names()) names.push(name)
    expect(names).toEqual([])
  })

  it('share the file of a blob, and each can lose it alone', async () => {
    const dir = await freshFolder()
    const repositories = layoutRepositories(dir)
    const blob = randomBlob(100)
    const [from, to] = [await repositories.create('from'), await repositories.create('to')]
    await from.push(blob.descriptor, openBytes(blob.bytes))
    expect(await repositories.share?.(blob.descriptor, 'from', 'to')).toBe(false)
    const other = randomBlob(10)
    await to.push(other.descriptor, openBytes(other.bytes))
    expect(await repositories.share?.(blob.descriptor, 'from', 'to')).toBe(true)
    const path = join(dir, 'to', 'blobs', 'sha256', encodedOf(blob.descriptor.digest))
    expect((await stat(path)).nlink).toBe(2)
    await from.delete(blob.descriptor)
    expect(await to.stat(blob.descriptor)).toMatchObject({ size: 100 })
  })
})
