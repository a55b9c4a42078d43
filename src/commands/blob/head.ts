import { string } from '@oclif/core/args'
import { type ArgsOf, RegctlCommand } from '../../cli/command.ts'
import { openDigest } from '../../cli/target.ts'
import { describeBlob } from '../../image/blob.ts'
import type { Descriptor } from '../../model/descriptor.ts'

type Headed = Descriptor & { repository: string }

export default class BlobHeadCommand extends RegctlCommand<typeof BlobHeadCommand, Headed> {
  static override summary = 'tell digest and size of a blob'
  static override description = 'On one line, in bytes; exit 3 when it is not there.'
  static override examples = ['regctl blob head registry.example/app@sha256:0123…cdef']
  static override args = {
    blob: string({ description: 'NAME@DIGEST, oci:DIR@DIGEST or oci-archive:FILE@DIGEST', required: true }),
  }

  protected async execute({ blob }: ArgsOf<typeof BlobHeadCommand>): Promise<Headed> {
    const { store, digest } = await openDigest(await this.client(), blob)
    return { repository: store.location, ...(await describeBlob(store, digest, { signal: this.signal })) }
  }

  protected view({ digest, size }: Headed): string {
    return `${digest} ${size}`
  }
}
