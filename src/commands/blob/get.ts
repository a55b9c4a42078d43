import { pipeline } from 'node:stream/promises'
import { string } from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../../cli/command.ts'
import { progressFlag } from '../../cli/flags.ts'
import { openDigest } from '../../cli/target.ts'
import { describeBlob, readBlob, saveBlob } from '../../image/blob.ts'
import type { Descriptor } from '../../model/descriptor.ts'
import { MismatchError, RegctlError } from '../../model/errors.ts'
import { parseJson } from '../../model/json.ts'
import { maxManifestSize } from '../../model/manifest.ts'
import { escapeJson, escapeText } from '../../output/escape.ts'
import type { ProgressMode } from '../../output/progress.ts'
import { formatBytes } from '../../output/units.ts'
import { readVerified } from '../../store/read.ts'
import type { Source } from '../../store/store.ts'

type Got = Descriptor & { repository: string; file: string }

export default class BlobGetCommand extends RegctlCommand<typeof BlobGetCommand, Got | undefined> {
  static override summary = 'print a blob, or save it to a file'
  static override description =
    'Counted and hashed on its way. A file gets its name when all of it is right. Into a pipe the bytes go as they come, but for the last ones, which wait until the digest is right: after exit 7 what was read is cut short and must not be used. On a terminal only JSON is shown.'
  static override examples = [
    { description: 'the config of an image', command: 'regctl blob get registry.example/app@sha256:0123…cdef' },
    {
      description: 'what is in a layer',
      command: 'regctl blob get registry.example/app@sha256:0123…cdef | tar tz',
    },
    'regctl blob get registry.example/app@sha256:0123…cdef -o layer.tar.gz',
  ]
  static override args = {
    blob: string({ description: 'NAME@DIGEST, oci:DIR@DIGEST or oci-archive:FILE@DIGEST', required: true }),
  }
  static override flags = {
    output: Flags.string({ char: 'o', helpValue: 'FILE', summary: 'save it there; - is stdout' }),
    progress: progressFlag(),
  }
  static override hiddenAliases = ['blob', 'blob:fetch']

  protected async execute(
    { blob }: ArgsOf<typeof BlobGetCommand>,
    { output, json, progress }: FlagsOf<typeof BlobGetCommand>,
  ): Promise<Got | undefined> {
    const file = output === '-' ? undefined : output
    if (json && file === undefined) {
      throw new RegctlError('USAGE', '--json tells of a blob that is saved, and stdout is taken by the blob itself', {
        hint: 'add -o FILE, or use blob head',
      })
    }
    const { store, digest } = await openDigest(await this.client(), blob)
    const target = await describeBlob(store, digest, { signal: this.signal })
    if (file !== undefined) await this.save(store, target, { path: file, mode: progress })
    else if (this.style.isTTY) this.line(await shownOnTerminal(store, target, this.signal))
    else await this.stream(store, target)
    return file === undefined ? undefined : { repository: store.location, ...target, file }
  }

  protected view(result: Got | undefined): string {
    return result ? escapeText(`${result.file}: ${formatBytes(result.size)}, ${result.digest}`) : ''
  }

  private async save(
    store: Source,
    content: Descriptor,
    { path, mode }: { path: string; mode: ProgressMode },
  ): Promise<void> {
    const { onEvent } = this.startProgress(mode)
    onEvent({ type: 'found', content })
    onEvent({ type: 'started', content, offset: 0 })
    const onBytes = (bytes: number) => onEvent({ type: 'moved', content, bytes })
    await saveBlob(store, content, { path, onBytes, signal: this.signal })
    onEvent({ type: 'done', content, outcome: 'pushed' })
  }

  private async stream(store: Source, target: Descriptor): Promise<void> {
    try {
      await pipeline(await readBlob(store, target, { signal: this.signal }), process.stdout, { end: false })
    } catch (error) {
      if (!(error instanceof MismatchError)) throw error
      throw new MismatchError(`${error.message}; what was written to stdout is cut short and wrong`, { cause: error })
    }
  }
}

/** What can be read there; anything else would be noise, or worse (T14). */
async function shownOnTerminal(store: Source, target: Descriptor, signal: AbortSignal): Promise<string> {
  const json =
    target.size <= maxManifestSize ? jsonOf(await readVerified(store, target, { signal }), target.digest) : undefined
  if (json !== undefined) return escapeJson(json)
  throw new RegctlError('USAGE', `the blob is no JSON, and would garble the terminal (${formatBytes(target.size)})`, {
    hint: 'save it with -o FILE, or pipe it somewhere',
  })
}

function jsonOf(bytes: Buffer, digest: string): unknown {
  try {
    return parseJson(bytes, `blob ${digest}`)
  } catch (error) {
    if (error instanceof RegctlError) return undefined
    throw error
  }
}
