import { string } from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../../cli/command.ts'
import { readInput } from '../../cli/input.ts'
import { namedIn } from '../../cli/target.ts'
import { putManifest } from '../../image/put-manifest.ts'
import type { Descriptor } from '../../model/descriptor.ts'
import { RegctlError } from '../../model/errors.ts'
import { parseLocation } from '../../model/location.ts'
import { maxManifestSize } from '../../model/manifest.ts'
import { isManifestType, isSchema1Type, withoutParameters } from '../../model/media-types.ts'
import { escapeText } from '../../output/escape.ts'
import { formatPlace } from '../../store/place.ts'

type Put = Descriptor & { reference: string }

export default class ManifestPutCommand extends RegctlCommand<typeof ManifestPutCommand, Put> {
  static override summary = 'put a manifest, byte for byte'
  static override description =
    'Under a tag, or under a digest that it has to have; --by-digest puts it under its own. What it lists must be there already: blobs by blob put, the images of an index by manifest put.'
  static override examples = [
    'regctl manifest put registry.example/app:1.2 manifest.json',
    {
      description: 'from another registry, where the blobs are here already',
      command: 'regctl manifest get old.example/app:1 | regctl manifest put registry.example/app:1',
    },
    { description: 'without a tag', command: 'regctl manifest put --by-digest registry.example/app manifest.json' },
  ]
  static override args = {
    image: string({ description: 'an image, oci:DIR:TAG or oci-archive:FILE:TAG', required: true }),
    file: string({ description: 'the manifest; stdin when left out, or -' }),
  }
  static override flags = {
    'content-type': Flags.string({
      helpValue: 'TYPE',
      summary: 'its media type, where it does not say so itself; it must not say another',
    }),
    'by-digest': Flags.boolean({ summary: 'under its own digest, without a tag' }),
  }
  static override hiddenAliases = ['manifest:push']

  protected async execute(
    args: ArgsOf<typeof ManifestPutCommand>,
    flags: FlagsOf<typeof ManifestPutCommand>,
  ): Promise<Put> {
    const mediaType = flags['content-type']
    if (mediaType !== undefined) checkType(mediaType)
    const { tag, digest } = namedIn(args.image)
    if (flags['by-digest'] ? tag !== undefined : tag === undefined && digest === undefined) {
      throw new RegctlError(
        'USAGE',
        flags['by-digest'] ? `${args.image} has a tag, and --by-digest sets none` : `${args.image} names no tag`,
        {
          hint: 'write it as NAME:TAG or NAME@DIGEST, or leave the tag out with --by-digest',
        },
      )
    }
    const { signal } = this
    const bytes = await readInput(args.file, { cap: maxManifestSize, signal })
    const client = await this.client()
    const opened = await client.open(args.image, { write: true })
    const place = flags['by-digest'] && digest === undefined ? { ...opened, reference: '' } : opened
    const checkChildren = parseLocation(args.image).scheme !== 'registry'
    const target = await putManifest(place, bytes, { mediaType, checkChildren, signal }).catch(error => {
      throw withAdvice(error, mediaType !== undefined)
    })
    await place.store.close?.()
    return { reference: formatPlace({ store: place.store, reference: place.reference || target.digest }), ...target }
  }

  protected view({ reference, digest }: Put): string {
    return [escapeText(digest), escapeText(reference)].join('\n')
  }
}

function checkType(text: string): void {
  if (isManifestType(withoutParameters(text)) && !isSchema1Type(withoutParameters(text))) return
  throw new RegctlError('USAGE', `--content-type: ${JSON.stringify(text.slice(0, 200))} is not a type of manifests`, {
    hint: 'such as application/vnd.oci.image.manifest.v1+json or application/vnd.oci.image.index.v1+json',
  })
}

function withAdvice(error: unknown, isTyped: boolean): unknown {
  if (!(error instanceof RegctlError)) return error
  const { code, message, hint } = error
  const advice =
    code === 'NOT_FOUND'
      ? 'put that first: regctl blob put NAME FILE for blobs, regctl manifest put for the images of an index'
      : code === 'CONTENT_INVALID' && isTyped && hint !== undefined
        ? 'leave --content-type out: the manifest says what it is'
        : undefined
  return advice === undefined ? error : new RegctlError(code, message, { hint: advice, cause: error })
}
