import { expect, it } from 'vitest'
import { listReferrers, withFileSizes } from '../../src/artifact/list.ts'
import { RegctlError } from '../../src/model/errors.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { makeArtifact, makeImage, makeIndex, seed } from '../helpers/images.ts'
import { overriding } from '../helpers/stores.ts'
import { expectCode } from '../store/contract.ts'

const image = makeImage()
const sbom = makeArtifact({ artifactType: 'a/sbom', subject: image.root })
const index = makeIndex({ platforms: ['linux/amd64'], subject: image.root })

async function filled() {
  const store = memoryStore()
  await seed(store, image, 'v1')
  for (const sample of [sbom, index]) await seed(store, sample)
  return store
}

it('tells what the files weigh; of an index nobody can tell', async () => {
  const store = await filled()
  const sized = await withFileSizes(store, await listReferrers(store, image.root))
  expect(sized.map(({ digest, fileSize }) => [digest, fileSize]).sort()).toEqual(
    [
      [sbom.root.digest, 300],
      [index.root.digest, null],
    ].sort(),
  )
})

it.each(['NOT_FOUND', 'CONTENT_MISMATCH', 'CONTENT_INVALID'] as const)(
  'keeps an entry in the list whose manifest is refused with %s',
  async code => {
    const store = await filled()
    const listed = await listReferrers(store, image.root, { artifactType: 'a/sbom' })
    const broken = overriding(store, { fetch: () => Promise.reject(new RegctlError(code, 'no')) })
    expect(await withFileSizes(broken, listed)).toEqual([{ ...listed[0], fileSize: null }])
  },
)

it('does not take a registry that is away for a wrong entry', async () => {
  const store = await filled()
  const listed = await listReferrers(store, image.root)
  const away = overriding(store, { fetch: () => Promise.reject(new RegctlError('UNREACHABLE', 'away')) })
  await expectCode(withFileSizes(away, listed), 'UNREACHABLE')
})
