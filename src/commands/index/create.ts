import { string } from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { annotationFlag, artifactTypeFlag, parseAnnotations } from '../../cli/artifact-flags.ts'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../../cli/command.ts'
import { progressFlag } from '../../cli/flags.ts'
import { indexFlags, openSources } from '../../cli/index-flags.ts'
import { findSubject } from '../../cli/subject.ts'
import { type ComposedIndex, createIndex } from '../../compose/compose.ts'
import { imageFormats } from '../../copy/format.ts'
import { isDigest } from '../../model/digest.ts'
import { RegctlError } from '../../model/errors.ts'
import { pushedText } from '../../output/artifact.ts'

export default class IndexCreateCommand extends RegctlCommand<typeof IndexCreateCommand, ComposedIndex> {
  static override summary = 'make an index of images'
  static override description =
    'An image is one entry, with the platform that its config names; an index brings all its entries, attestations included, or those of --platform. The images may be anywhere: what the destination lacks is copied there first. The same images under the same words make the same digest.'
  static override examples = [
    'regctl index create registry.example/app:1.2 registry.example/app:1.2-amd64 registry.example/app:1.2-arm64',
    {
      description: 'two platforms of one image, the third from a build on disk',
      command:
        'regctl index create registry.example/nginx:mine nginx:1.27 oci:build:riscv --platform linux/amd64 --platform linux/arm64 --platform linux/riscv64',
    },
  ]
  static override args = {
    name: string({
      description: 'the index: a repository with a tag, oci:DIR[:TAG] or oci-archive:FILE[:TAG]',
      required: true,
    }),
    image: string({ description: 'images and indexes, also in oci:DIR or oci-archive:FILE', multiple: true }),
  }
  static override flags = {
    ...indexFlags,
    empty: Flags.boolean({ summary: 'an index of no images, to be filled by index add' }),
    annotation: annotationFlag,
    'artifact-type': artifactTypeFlag({ summary: 'what kind of index it is' }),
    subject: Flags.string({ helpValue: 'IMAGE|DIGEST', summary: 'what it refers to, in the same repository' }),
    format: Flags.option({
      options: imageFormats,
      helpValue: imageFormats.join('|'),
      summary: 'an OCI index or a Docker manifest list; by default what the images are',
    })(),
    progress: progressFlag(),
  }

  protected async execute(
    { name, image = [] }: ArgsOf<typeof IndexCreateCommand>,
    flags: FlagsOf<typeof IndexCreateCommand>,
  ): Promise<ComposedIndex> {
    if (Boolean(flags.empty) !== (image.length === 0)) throw oddNumber(image.length)
    const client = await this.client()
    const to = await client.open(name, { write: true })
    if (isDigest(to.reference)) {
      throw new RegctlError('USAGE', `${name} names a digest, and that of an index follows from its content`, {
        hint: 'name a tag',
      })
    }
    const sources = await openSources(client, image, flags['desc-platform'])
    const subject = await findSubject(flags.subject, { client, store: to.store, signal: this.signal })
    const { jobs } = await this.settings()
    const { onEvent } = this.startProgress(flags.progress)
    const made = await createIndex(to, sources, {
      platforms: flags.platform,
      replace: flags.replace,
      sparse: flags.sparse,
      annotations: parseAnnotations(flags.annotation),
      artifactType: flags['artifact-type'],
      format: flags.format,
      subject,
      jobs,
      signal: this.signal,
      onEvent,
      notify: this.notify,
    })
    await to.store.close?.()
    return made
  }

  protected view(result: ComposedIndex): string {
    return pushedText(result)
  }
}

function oddNumber(images: number): RegctlError {
  if (images > 0) return new RegctlError('USAGE', '--empty asks for an index of no images, and some are named')
  return new RegctlError('USAGE', 'no image is named that the index should hold', {
    hint: 'name images behind it, or ask for an empty one with --empty',
  })
}
