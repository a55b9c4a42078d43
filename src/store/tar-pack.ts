import type { Readable } from 'node:stream'
import { lend } from '../http/lent.ts'
import { MismatchError } from '../model/errors.ts'
import { blockSize, formatHeader, maxName, padding } from './tar-header.ts'

/** A file, or with a name that ends in a slash a folder, that goes into an archive. */
export interface NewFile {
  name: string
  /** Bytes. */
  size: number
  open?: () => Promise<Readable>
  bytes?: Uint8Array
}

/** A tar archive of these members in this order, the same bytes each time. @throws MismatchError for content of another size */
export async function* packTar(files: Iterable<NewFile>): AsyncGenerator<Buffer, void, undefined> {
  for (const file of files) {
    if (file.name.length > maxName) yield* paxPath(file.name)
    yield formatHeader(file)
    if (file.bytes) yield Buffer.from(file.bytes)
    else if (file.open) yield* sized(await file.open(), file)
    const rest = padding(file.size)
    if (rest > 0) yield Buffer.alloc(rest)
  }
  yield Buffer.alloc(2 * blockSize)
}

/** A pax header for a name that the next one has no room for, such as the blobs of sha512. */
function* paxPath(name: string): Generator<Buffer, void, undefined> {
  const rest = ` path=${name}\n`
  let length = rest.length
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  yield formatHeader({ name: 'PaxHeaders/path', size: length, type: 'x' })
  yield Buffer.from(`${length}${rest}`)
  yield Buffer.alloc(padding(length))
}

/** A header has promised how much there is: one byte more or less would spoil all that follows. */
async function* sized(body: Readable, { name, size }: NewFile): AsyncGenerator<Buffer, void, undefined> {
  let count = 0
  for await (const chunk of lend(body)) {
    count += chunk.length
    if (count > size) break
    yield chunk
  }
  if (count !== size) throw new MismatchError(`${name} has not got its ${size} bytes any more`)
}
