import { string } from '@oclif/core/args'
import { type ArgsOf, RegctlCommand } from '../cli/command.ts'
import { jobsFlag } from '../cli/flags.ts'
import { type Retagged, retag, type TagOutcome } from '../image/retag.ts'
import { shortDigest } from '../model/digest.ts'
import { RegctlError } from '../model/errors.ts'
import { parseLocation } from '../model/location.ts'
import { isTag, parseReference, repositoryName } from '../model/reference.ts'
import { escapeText } from '../output/escape.ts'
import { paint } from '../output/style.ts'
import { formatPlace } from '../store/place.ts'

interface Tagged extends Retagged {
  reference: string
  repository: string
}

export default class TagCommand extends RegctlCommand<typeof TagCommand, Tagged> {
  static override summary = 'give an image more tags'
  static override description =
    'In the repository where it is, without moving a blob: the manifest is read once and put under each tag. Tags that name the image already are left alone; others are moved.'
  static override examples = [
    'regctl tag registry.example/app:1.2.3 1.2 1 latest',
    {
      description: 'by digest',
      command: 'regctl tag registry.example/app@sha256:0123…cdef release',
    },
    { description: 'in a folder', command: 'regctl tag oci:build:v1 stable' },
  ]
  static override args = {
    image: string({
      description: 'an image, oci:DIR[:TAG], oci-archive:FILE[:TAG] or docker-archive:FILE[:NAME:TAG]',
      required: true,
    }),
    tag: string({ description: 'a tag for it; in a docker-archive also a full name', required: true, multiple: true }),
  }
  static override flags = { jobs: jobsFlag }
  static override hiddenAliases = ['image:tag']

  protected async execute(args: ArgsOf<typeof TagCommand>): Promise<Tagged> {
    const tags = args.tag.map(text => tagIn(text, args.image))
    const client = await this.client()
    const place = await client.open(args.image, { change: true })
    const { store } = place
    const result = await retag(place, tags, { jobs: (await this.settings()).jobs, signal: this.signal })
    await store.close?.()
    return { reference: formatPlace(place), repository: store.location, ...result }
  }

  protected view({ repository, digest, tags }: Tagged): string {
    return [escapeText(digest), ...tags.map(each => this.outcome(repository, each))].join('\n')
  }

  private outcome(repository: string, { tag, outcome, before }: TagOutcome): string {
    const name = paint(escapeText(`${repository}:${tag}`), 'cyan', this.style)
    if (outcome === 'unchanged') return `${name} unchanged`
    return before ? `${name} moved from ${shortDigest(before)}` : name
  }
}

/** A tag as it stands, or in a name of the same repository, as `docker tag` would have it. */
function tagIn(text: string, image: string): string {
  const here = parseLocation(image)
  if (here.scheme === 'docker-archive') return nameIn(text, here)
  if (isTag(text)) return text
  if (!/[/:]/.test(text)) throw noTag(text)
  const there = parseLocation(text)
  const [tag, isHere] =
    there.scheme === 'registry'
      ? [
          there.reference.digest === undefined ? there.reference.tag : undefined,
          here.scheme === 'registry' && repositoryName(here.reference) === repositoryName(there.reference),
        ]
      : [there.reference, here.scheme === there.scheme && here.path === there.path]
  if (isHere && tag !== undefined && isTag(tag)) return tag
  if (isHere) throw noTag(text)
  throw new RegctlError('USAGE', `${JSON.stringify(text)} is in another repository than ${image}`, {
    hint: `tag works within one repository; elsewhere: regctl copy ${image} ${text}`,
  })
}

/** A Docker archive knows names in full: a tag stands beside that of the image, and any other name is taken as `docker tag` takes it. */
function nameIn(text: string, here: { path: string; reference?: string }): string {
  if (isTag(text)) {
    if (here.reference !== undefined) return `${repositoryName(parseReference(here.reference))}:${text}`
    throw new RegctlError('USAGE', `docker-archive:${here.path} names no image that ${text} could stand beside`, {
      hint: 'write the new name in full: NAME:TAG',
    })
  }
  const there = parseLocation(text)
  if (there.scheme === 'registry' && there.reference.digest === undefined) return text
  if (there.scheme === 'docker-archive' && there.path === here.path && there.reference) return there.reference
  throw new RegctlError('USAGE', `${JSON.stringify(text)} is no name in docker-archive:${here.path}`, {
    hint: 'a name there looks like nginx:1.27',
  })
}

function noTag(text: string): RegctlError {
  return new RegctlError('USAGE', `${JSON.stringify(text)} is no tag`, { hint: 'a tag looks like 1.2.3 or latest' })
}
