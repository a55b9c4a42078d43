import { string } from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../../cli/command.ts'
import { consent } from '../../cli/consent.ts'
import { openDigest } from '../../cli/target.ts'
import { describeBlob } from '../../image/blob.ts'
import type { Descriptor } from '../../model/descriptor.ts'
import { isNotFound } from '../../model/errors.ts'
import { escapeText } from '../../output/escape.ts'
import { formatBytes } from '../../output/units.ts'

/** Without a size when it was not there. */
type Deleted = Pick<Descriptor, 'digest'> & Partial<Descriptor> & { repository: string; missing?: true }

export default class BlobDeleteCommand extends RegctlCommand<typeof BlobDeleteCommand, Deleted> {
  static override summary = 'delete a blob from a repository'
  static override description =
    'Images that need it can no longer be pulled; nobody is asked which these are. Space is freed by deleting images and by the garbage collection of the registry.'
  static override examples = ['regctl blob delete registry.example/app@sha256:0123…cdef']
  static override args = {
    blob: string({ description: 'NAME@DIGEST, oci:DIR@DIGEST or oci-archive:FILE@DIGEST', required: true }),
  }
  static override flags = {
    'ignore-missing': Flags.boolean({ summary: 'no failure when it is not there' }),
    yes: Flags.boolean({ char: 'y', summary: 'agree to it' }),
  }
  static override hiddenAliases = ['blob:rm']

  protected async execute(
    { blob }: ArgsOf<typeof BlobDeleteCommand>,
    flags: FlagsOf<typeof BlobDeleteCommand>,
  ): Promise<Deleted> {
    const { store, digest } = await openDigest(await this.client(), blob, { change: true })
    const options = { signal: this.signal }
    const found = { repository: store.location, digest }
    try {
      const target = await describeBlob(store, digest, options)
      if (!flags.yes) {
        const sentence = `images of ${store.location} that need ${digest} could not be pulled any more`
        const page = `${digest} ${formatBytes(target.size)}\n${escapeText(sentence)}`
        await consent({ page, sentence, question: 'Delete it?', ...options })
      }
      await store.delete(target, options)
      await store.close?.()
      return { ...found, ...target }
    } catch (error) {
      if (!flags['ignore-missing'] || !isNotFound(error)) throw error
      return { ...found, missing: true }
    }
  }

  protected view({ repository, digest, missing }: Deleted): string {
    return escapeText(missing ? `there is no blob ${digest} in ${repository}` : `deleted ${digest} of ${repository}`)
  }
}
