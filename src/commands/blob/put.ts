import { createReadStream } from 'node:fs'
import { string } from '@oclif/core/args'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../../cli/command.ts'
import { digestFlag, progressFlag } from '../../cli/flags.ts'
import { isStdin } from '../../cli/input.ts'
import { digestIn } from '../../cli/target.ts'
import { watched } from '../../cli/watched.ts'
import type { OnCopyEvent } from '../../copy/events.ts'
import { ofFile } from '../../files/reading.ts'
import { hashFile, type Spooled, spool } from '../../files/spool.ts'
import type { Descriptor } from '../../model/descriptor.ts'
import { algorithmOf, type Digest, isVerifiable } from '../../model/digest.ts'
import { MismatchError, RegctlError } from '../../model/errors.ts'
import { mediaTypes } from '../../model/media-types.ts'
import type { PushOutcome, Store } from '../../store/store.ts'

type Put = Descriptor & { repository: string; outcome: PushOutcome }

export default class BlobPutCommand extends RegctlCommand<typeof BlobPutCommand, Put> {
  static override summary = 'put a blob, and print its digest'
  static override description =
    'From a file, or from stdin, which is kept in a temporary file until its size and digest are known. What is there already is not sent.'
  static override examples = [
    'regctl blob put registry.example/app layer.tar.gz',
    {
      description: 'only if it is what it should be',
      command: 'regctl blob put registry.example/app@sha256:0123…cdef layer.tar.gz',
    },
    { description: 'from a pipe', command: 'tar cz folder | regctl blob put registry.example/app' },
  ]
  static override args = {
    repository: string({ description: 'NAME[@DIGEST], oci:DIR[@DIGEST] or oci-archive:FILE[@DIGEST]', required: true }),
    file: string({ description: 'the content; stdin when left out, or -' }),
  }
  static override flags = {
    digest: digestFlag({ summary: 'refuse any other content' }),
    progress: progressFlag(),
  }
  static override hiddenAliases = ['blob:push']

  protected async execute(args: ArgsOf<typeof BlobPutCommand>, flags: FlagsOf<typeof BlobPutCommand>): Promise<Put> {
    const expected = expectedDigest(args.repository, flags.digest)
    const options = { algorithm: expected ? algorithmOf(expected) : 'sha256', signal: this.signal }
    const isPiped = isStdin(args.file)
    const store = (await (await this.client()).open(args.repository, { write: true })).store
    const { onEvent } = this.startProgress(flags.progress)
    const put = (content: Spooled) => this.put(store, content, { ...options, expected, tell: onEvent })
    const file = args.file ?? ''
    const hashed = () =>
      hashFile(file, { ...options, onReading: onEvent }).catch(error => {
        throw ofFile(file, error)
      })
    const result = await (isPiped ? spool(process.stdin, options, put) : hashed().then(put))
    await store.close?.()
    return result
  }

  protected view({ digest }: Put): string {
    return digest
  }

  private async put(
    store: Store,
    { path, size, hash }: Spooled,
    { algorithm, expected, tell }: { algorithm: string; expected: Digest | undefined; tell: OnCopyEvent },
  ): Promise<Put> {
    const digest: Digest = `${algorithm}:${hash}`
    if (expected && digest !== expected) {
      throw new MismatchError(`the content does not match: expected ${expected}, got ${digest}; nothing was sent`)
    }
    const target = { mediaType: mediaTypes.octets, digest, size }
    const { signal } = this
    const open = async (offset = 0) => createReadStream(path, { start: offset, highWaterMark: 256 * 1024 })
    tell({ type: 'found', content: target })
    const outcome = await store.push(target, watched(open, target, tell), { signal })
    tell({ type: 'done', content: target, outcome })
    return { repository: store.location, ...target, outcome }
  }
}

/** From `NAME@DIGEST` or `--digest`. @throws RegctlError USAGE when these differ or cannot be computed */
function expectedDigest(text: string, given: Digest | undefined): Digest | undefined {
  const named = digestIn(text)
  if (named && given && named !== given) throw new RegctlError('USAGE', `${text} and --digest name two digests`)
  const expected = named ?? given
  if (!expected || isVerifiable(expected)) return expected
  throw new RegctlError('USAGE', `${expected} cannot be computed`, { hint: 'use a digest of sha256 or sha512' })
}
