import { string } from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../../cli/command.ts'
import { progressFlag } from '../../cli/flags.ts'
import { type Deletion, deleteImage } from '../../cli/removal.ts'
import { openDigest } from '../../cli/target.ts'

export default class ManifestDeleteCommand extends RegctlCommand<typeof ManifestDeleteCommand, Deletion> {
  static override summary = 'delete a manifest by its digest'
  static override description =
    'With every tag that names it: all of them are shown, and somebody has to agree, on the terminal or with --yes. By tag, by pattern, or only a tag: regctl delete.'
  static override examples = [
    'regctl manifest delete registry.example/app@sha256:0123…cdef',
    'regctl manifest delete --yes --ignore-missing registry.example/app@sha256:0123…cdef',
  ]
  static override args = {
    image: string({ description: 'NAME@DIGEST, oci:DIR@DIGEST or oci-archive:FILE@DIGEST', required: true }),
  }
  static override flags = {
    'ignore-missing': Flags.boolean({ summary: 'no failure when it is not there' }),
    yes: Flags.boolean({ char: 'y', summary: 'agree to what is deleted' }),
    progress: progressFlag(),
  }
  static override hiddenAliases = ['manifest:rm']

  protected async execute(
    { image }: ArgsOf<typeof ManifestDeleteCommand>,
    flags: FlagsOf<typeof ManifestDeleteCommand>,
  ): Promise<Deletion> {
    const { store, digest } = await openDigest(await this.client(), image, { change: true })
    const { jobs } = await this.settings()
    const place = { store, reference: digest }
    const progress = this.startProgress(flags.progress)
    return deleteImage(place, { ...flags, jobs }, { style: this.style, progress, signal: this.signal })
  }

  protected async view(result: Deletion): Promise<string> {
    const { deletionSummary } = await import('../../output/deletion.ts')
    return deletionSummary(result, this.style)
  }
}
