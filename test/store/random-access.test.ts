import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { mkdtemp, rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { lend } from '../../src/http/lent.ts'
import { openRandomAccess } from '../../src/store/random-access.ts'
import { randomBlob } from '../helpers/images.ts'

const { bytes } = randomBlob(600_000)
const descriptors = '/proc/self/fd'
/** How often this process has it open; only Linux tells. */
const timesOpen = (wanted: string) =>
  readdirSync(descriptors).filter(name => {
    try {
      return readlinkSync(join(descriptors, name)) === wanted
    } catch {
      return false
    }
  }).length

let path: string
beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'regctl-access-')), 'file')
  await writeFile(path, bytes)
})

async function all(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of body) parts.push(Buffer.from(part))
  return Buffer.concat(parts)
}

describe('bytes at a place', () => {
  it.each([
    [0, 512],
    [0, 600_000],
    [65_000, 1000],
    [65_536, 1],
    [300_000, 200_000],
    [599_990, 10],
    [599_990, 500],
    [600_000, 10],
    [700_000, 10],
    [5, 0],
  ])('%i, %i of them', async (position, length) => {
    const file = await openRandomAccess(path)
    // Once from the disk and once from the window.
    for (let time = 0; time < 2; time++)
      expect((await file.at(position, length)).equals(bytes.subarray(position, position + length))).toBe(true)
    file.close()
  })

  it('forwards, backwards and by several at once', async () => {
    const file = await openRandomAccess(path)
    const places = [0, 500_000, 64_000, 65_535, 200_000, 100, 599_000]
    const wanted = places.map(position => bytes.subarray(position, position + 700))
    for (const [at, position] of places.entries()) expect(await file.at(position, 700)).toEqual(wanted[at])
    expect(await Promise.all(places.map(position => file.at(position, 700)))).toEqual(wanted)
    file.close()
  })
})

it.runIf(existsSync(descriptors))('a file that nobody reads is closed at once', async () => {
  const file = await openRandomAccess(path)
  expect(timesOpen(path)).toBe(1)
  file.close()
  await expect.poll(() => timesOpen(path)).toBe(0)
})

describe('a stream', () => {
  it.each([
    [0, 600_000],
    [1, 262_146],
    [599_999, 600_000],
    [300, 300],
    [500_000, 700_000],
  ])('from %i up to %i', async (start, end) => {
    const file = await openRandomAccess(path)
    expect((await all(lend(file.stream(start, end)))).equals(bytes.subarray(start, end))).toBe(true)
    file.close()
  })

  it('goes on after the file was closed, and another got its name', async () => {
    const file = await openRandomAccess(path)
    const [one, two] = [file.stream(0, 600_000), file.stream(100, 600_000)]
    file.close()
    await writeFile(`${path}.new`, 'other')
    await rename(`${path}.new`, path)
    expect((await all(lend(one))).equals(bytes)).toBe(true)
    expect((await all(lend(two))).equals(bytes.subarray(100))).toBe(true)
  })

  it.runIf(existsSync(descriptors))('that nobody reads lets go of the file when it is destroyed', async () => {
    const file = await openRandomAccess(path)
    const body = file.stream(0, 600_000)
    file.close()
    expect(timesOpen(path)).toBe(1)
    body.destroy()
    await expect.poll(() => timesOpen(path)).toBe(0)
  })
})

it('a file that is not there is an error of the system', async () =>
  await expect(openRandomAccess(`${path}.none`)).rejects.toMatchObject({ code: 'ENOENT' }))
