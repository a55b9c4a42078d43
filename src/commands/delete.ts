import { string } from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../cli/command.ts'
import { jobsFlag, progressFlag, repeatableText } from '../cli/flags.ts'
import { type Deletion, deleteImage, deletionOf, deletionShortfall, orMissing, told } from '../cli/removal.ts'
import { namedIn } from '../cli/target.ts'
import { planPattern } from '../image/removal-plan.ts'
import { removeManifests } from '../image/remove.ts'
import { type Untag, untag } from '../image/untag.ts'
import { untagMatching } from '../image/untag-matching.ts'
import { RegctlError } from '../model/errors.ts'
import { parseLocation } from '../model/location.ts'
import type { Store } from '../store/store.ts'

type Flag = FlagsOf<typeof DeleteCommand>

export default class DeleteCommand extends RegctlCommand<typeof DeleteCommand, Deletion> {
  static override summary = 'delete an image, or only a tag of it'
  static override description =
    'An image is deleted by its digest, and every tag that names it goes with it: all of them are shown, and somebody has to agree, on the terminal or with --yes. With --tag-only one tag goes and the image stays, with its other tags. With --tags it is a dry run until --yes is added; an image that a tag outside the pattern names stays.'
  static override examples = [
    { description: 'the image, with all its tags', command: 'regctl delete registry.example/app:1.2' },
    { description: 'one tag, and not the image', command: 'regctl delete --tag-only registry.example/app:1.2' },
    {
      description: 'what a pattern would take; with --yes it does',
      command: "regctl delete registry.example/app --tags 'pr-*' --exclude 'pr-1?'",
    },
    {
      description: 'in a script',
      command: 'regctl delete --yes --ignore-missing registry.example/app@sha256:0123…cdef',
    },
  ]
  static override args = {
    image: string({
      description:
        'an image by tag or digest, oci:DIR:TAG, oci-archive:FILE:TAG or docker-archive:FILE:NAME:TAG; with --tags a repository',
      required: true,
    }),
  }
  static override flags = {
    'tag-only': Flags.boolean({ summary: 'remove the tag and leave the image and its other tags' }),
    'dummy-manifest': Flags.boolean({
      dependsOn: ['tag-only'],
      summary: 'where a registry removes no single tag: put an empty image in its place and delete that',
    }),
    'ignore-missing': Flags.boolean({ summary: 'no failure when it is not there' }),
    tags: repeatableText({ helpValue: 'GLOB', summary: 'all images whose tags match (repeatable)' }),
    exclude: repeatableText({ helpValue: 'GLOB', dependsOn: ['tags'], summary: 'no tags that match (repeatable)' }),
    yes: Flags.boolean({ char: 'y', summary: 'agree to what is deleted' }),
    jobs: jobsFlag,
    progress: progressFlag(),
  }
  static override hiddenAliases = ['image:delete', 'rm', 'image:rm']

  /** `tag delete` means no more than the tag, whatever its flags. */
  protected readonly tagOnly: boolean = false

  protected async execute({ image }: ArgsOf<typeof DeleteCommand>, given: Flag): Promise<Deletion> {
    const { jobs } = await this.settings()
    const flags = { ...given, jobs, 'tag-only': given['tag-only'] || this.tagOnly }
    const client = await this.client()
    if (flags['dummy-manifest']) this.announceStandIn(image)
    if (flags.tags) return this.deleteMatching(await client.openRepository(image, { change: true }), flags, image)
    requireName(image, flags)
    const place = await client.open(image, { change: true })
    if (!flags['tag-only']) {
      const progress = this.startProgress(flags.progress)
      return deleteImage(place, flags, { style: this.style, progress, signal: this.signal })
    }
    return orMissing(place, flags, async () => {
      const way = await untag(place, {
        product: () => this.productOf(image),
        standIn: flags['dummy-manifest'],
        signal: this.signal,
      })
      await place.store.close?.()
      return { repository: place.store.location, manifests: [], tags: [place.reference], way }
    })
  }

  protected async view(result: Deletion): Promise<string> {
    const { deletionSummary } = await import('../output/deletion.ts')
    return deletionSummary(result, this.style)
  }

  protected override shortfall(result: Deletion): RegctlError | undefined {
    return deletionShortfall(result)
  }

  private async deleteMatching(store: Store, flags: Flag, image: string): Promise<Deletion> {
    const options = { jobs: flags.jobs, ignoreMissing: flags['ignore-missing'], signal: this.signal }
    const pattern = { filter: flags.tags ?? [], exclude: flags.exclude }
    if (flags['tag-only']) {
      const product = () => this.productOf(image)
      const done = await untagMatching(store, pattern, {
        ...options,
        product,
        standIn: flags['dummy-manifest'],
        dryRun: !flags.yes,
      })
      if (flags.yes) await store.close?.()
      return { repository: store.location, manifests: [], ...done, ...(!flags.yes && { dryRun: true }) }
    }
    const watched = { ...options, ...told(this.startProgress(flags.progress)) }
    const plan = await planPattern(store, pattern, watched)
    if (!flags.yes) return { ...deletionOf(store, plan), dryRun: true }
    const result = await removeManifests(store, plan.manifests, watched)
    await store.close?.()
    return deletionOf(store, { ...plan, ...result })
  }

  private announceStandIn(image: string): void {
    this.notify({
      code: 'DUMMY_MANIFEST',
      message: `where a tag of ${image} cannot be removed alone, an empty image takes its place and is deleted by its own digest; the image itself is not touched`,
    })
  }

  /** How the product behind the registry removes a tag, where it can. */
  private async productOf(text: string): Promise<Untag | undefined> {
    const location = parseLocation(text)
    if (location.scheme !== 'registry') return undefined
    const { registry, repository } = location.reference
    const catalog = await (await this.client()).catalog(registry)
    return catalog.untag && ((tag, options) => Promise.resolve(catalog.untag?.(repository, tag, options)))
  }
}

/** What is deleted is named: nothing goes because a tag was left out. */
function requireName(text: string, flags: Flag): void {
  const { tag, digest } = namedIn(text)
  const name = digest ?? tag
  if (name === undefined) {
    throw new RegctlError('USAGE', `${text} names no tag and no digest`, {
      hint: 'say which image: NAME:TAG or NAME@DIGEST; many at once with --tags GLOB',
    })
  }
  if (flags['tag-only'] && digest !== undefined) {
    throw new RegctlError('USAGE', `${text} is a digest, and --tag-only removes a tag`, {
      hint: 'name the tag: NAME:TAG',
    })
  }
}
