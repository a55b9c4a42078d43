import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { titleKey } from '../../src/artifact/annotations.ts'
import { bytesPart, filePart, parseFileArgument, type ReadPart, streamPart } from '../../src/artifact/parts.ts'
import { digestOf } from '../../src/model/digest.ts'

describe('FILE[:TYPE]', () => {
  it.each([
    ['a.txt', 'a.txt', undefined],
    ['a.txt:text/plain', 'a.txt', 'text/plain'],
    ['a:b/c.txt:text/plain', 'a:b/c.txt', 'text/plain'],
    ['C:\\a.txt', 'C:\\a.txt', undefined],
    ['C:\\a.txt:text/plain', 'C:\\a.txt', 'text/plain'],
    ['C:/dir/a.txt', 'C:/dir/a.txt', undefined],
    ['dir/a:b.txt', 'dir/a:b.txt', undefined],
    ['dir/a:b.txt:application/vnd.x+json', 'dir/a:b.txt', 'application/vnd.x+json'],
    ['a:b', 'a:b', undefined],
    ['a.txt:', 'a.txt:', undefined],
    [':text/plain', ':text/plain', undefined],
    ['-', undefined, undefined],
    ['-:text/plain', undefined, 'text/plain'],
    ['/dev/stdin', undefined, undefined],
    ['/dev/stdin:a/b', undefined, 'a/b'],
    ['./-', './-', undefined],
    ['a.txt:application/vnd.oci.image.layer.v1.tar+gzip', 'a.txt', 'application/vnd.oci.image.layer.v1.tar+gzip'],
  ])('%s', (text, path, mediaType) =>
    expect(parseFileArgument(text)).toEqual({ path, ...(mediaType !== undefined && { mediaType }) }),
  )
})

let dir: string
const content = Buffer.from('some content')
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'regctl-parts-'))
  await mkdir(join(dir, 'sub'))
  await writeFile(join(dir, 'sub/file.txt'), content)
})

async function read({ open }: ReadPart, offset?: number): Promise<string> {
  return Buffer.concat(await (await open(offset)).toArray()).toString()
}

describe('a file', () => {
  it('is measured and hashed, and can be read more than once and from anywhere', async () => {
    const part = await filePart(join(dir, 'sub/file.txt'))
    expect(part.descriptor).toEqual({
      mediaType: 'application/octet-stream',
      digest: digestOf(content),
      size: content.length,
      annotations: { [titleKey]: 'file.txt' },
    })
    expect(part.remove).toBeUndefined()
    expect([await read(part), await read(part, 5), await read(part, 12)]).toEqual(['some content', 'content', ''])
    expect((await filePart(join(dir, 'sub/file.txt'), { mediaType: 'text/plain' })).descriptor.mediaType).toBe(
      'text/plain',
    )
  })

  it('T9: has a title that says nothing of where it lies, but below the folder one stands in', async () => {
    const here = process.cwd()
    process.chdir(dir)
    try {
      const titles: [path: string, title: string][] = [
        ['sub/file.txt', 'sub/file.txt'],
        ['./sub//file.txt', 'sub/file.txt'],
        ['sub/../sub/file.txt', 'sub/file.txt'],
        [join(dir, 'sub/file.txt'), 'file.txt'],
        [join('..', basename(dir), 'sub/file.txt'), 'file.txt'],
      ]
      for (const [path, title] of titles)
        expect((await filePart(path)).descriptor.annotations).toEqual({ [titleKey]: title })
    } finally {
      process.chdir(here)
    }
  })

  it('that is a folder is told how to be packed', async () =>
    await expect(filePart(join(dir, 'sub'))).rejects.toMatchObject({
      code: 'USAGE',
      hint: `pack it first: tar -czf sub.tar.gz ${join(dir, 'sub')}`,
    }))

  it.each(['none', 'sub/file.txt/none'])(
    'that is not there (%s) is said so',
    async name =>
      await expect(filePart(join(dir, name))).rejects.toMatchObject({
        code: 'NOT_FOUND',
        message: `there is no file ${join(dir, name)}`,
      }),
  )

  it('that is a pipe is read once, and kept until it is sent', async () => {
    const pipe = join(dir, 'pipe')
    await promisify(execFile)('mkfifo', [pipe])
    const [part] = await Promise.all([filePart(pipe), writeFile(pipe, content)])
    expect(part.descriptor).toEqual({
      mediaType: 'application/octet-stream',
      digest: digestOf(content),
      size: content.length,
    })
    expect([await read(part), await read(part, 5)]).toEqual(['some content', 'content'])
    await part.remove?.()
    await expect(read(part)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describe('a stream', () => {
  // Other tests keep things in the folder of all.
  beforeEach(() => void vi.stubEnv('TMPDIR', dir))
  afterEach(() => void vi.unstubAllEnvs())
  const kept = async () => (await readdir(dir)).filter(name => name.startsWith('regctl-'))

  it('waits in a file that only this account can read, and that goes when it is done with', async () => {
    const part = await streamPart(Readable.from([content.subarray(0, 4), content.subarray(4)]), { mediaType: 'a/b' })
    expect(part.descriptor).toEqual({ mediaType: 'a/b', digest: digestOf(content), size: content.length })
    expect([await read(part), await read(part, 5)]).toEqual(['some content', 'content'])
    const [folder = ''] = await kept()
    const file = join(dir, folder, 'content')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    await part.remove?.()
    expect(await kept()).toEqual([])
  })

  it.each<[string, () => Readable, AbortSignal | undefined]>([
    ['breaks', () => new Readable({ read: () => {} }).destroy(new Error('broken')), undefined],
    ['is stopped', () => new Readable({ read: () => {} }), AbortSignal.abort(new Error('broken'))],
  ])('that %s leaves nothing behind', async (_, input, signal) => {
    await expect(streamPart(input(), { signal })).rejects.toThrow()
    expect(await kept()).toEqual([])
  })
})

it('bytes are as they are', async () => {
  const part = bytesPart(content, 'a/b')
  expect(part.descriptor).toEqual({ mediaType: 'a/b', digest: digestOf(content), size: content.length })
  expect(await read(part, 5)).toBe('content')
})
