import type { RemovalPlan } from '../image/removal-plan.ts'
import type { UntagWay } from '../image/untag.ts'
import { escapeText } from './escape.ts'
import { countText, planPage } from './removal-page.ts'
import type { Style } from './style.ts'

export interface Deletions extends Partial<Pick<RemovalPlan, 'kept' | 'unread'>>, Pick<RemovalPlan, 'manifests'> {
  repository: string
  tags: readonly string[]
  dryRun?: true
  way?: UntagWay
  missing?: string
}

const ways: Readonly<Record<UntagWay, string>> = {
  protocol: '',
  product: ", by the registry's own interface",
  'stand-in': ', by a manifest that was put in its place',
}

/** What `delete` did, or with `dryRun` would do. */
export function deletionSummary(result: Deletions, style: Style): string {
  const { repository, manifests, tags, dryRun, way, missing, kept = [], unread = [] } = result
  if (missing !== undefined) return `there is no ${escapeText(missing)}: nothing to delete`
  const verb = dryRun ? 'would delete' : 'deleted'
  const what =
    manifests.length > 0
      ? `${verb} ${countText(manifests)} of ${escapeText(repository)}`
      : tags.length > 0
        ? `${verb} the ${tags.length === 1 ? 'tag' : 'tags'} ${escapeText(tags.join(', '))} of ${escapeText(repository)}${way ? ways[way] : ''}`
        : `nothing to delete in ${escapeText(repository)}`
  const page = planPage({ manifests, kept, unread }, style, !dryRun)
  const last = dryRun && tags.length > 0 ? 'a dry run: add --yes to delete' : ''
  return [what, page, last].filter(line => line !== '').join('\n')
}
