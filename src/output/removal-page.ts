import type { Doomed, RemovalPlan } from '../image/removal-plan.ts'
import { shortDigest } from '../model/digest.ts'
import { listSome } from '../model/nearest.ts'
import { escapeText } from './escape.ts'
import { paint, type Style } from './style.ts'
import { formatCount } from './units.ts'

/** What goes when these manifests are removed: each with every tag it takes along, and what would lack it. */
export function planPage(plan: RemovalPlan, style: Style, isDone = false): string {
  return [
    ...plan.manifests.flatMap(each => doomedLines(each, style)),
    ...plan.kept.map(each => keptLine(each)),
    ...warnings(plan, style, isDone),
  ].join('\n')
}

/** `2 manifests and 5 tags` */
export function countText(manifests: readonly Doomed[]): string {
  const tags = manifests.reduce((sum, each) => sum + each.tags.length, 0)
  return `${formatCount(manifests.length, 'manifest')} and ${formatCount(tags, 'tag')}`
}

function doomedLines({ digest, tags }: Doomed, style: Style): string[] {
  const names = tags.length > 0 ? tags.map(tag => paint(escapeText(tag), 'cyan', style)) : ['no tag']
  return [escapeText(digest), ...names.map(name => `  ${name}`)]
}

function keptLine({ digest, tags, because }: RemovalPlan['kept'][number]): string {
  const matched = tags.filter(tag => !because.includes(tag))
  return `stays: ${tagsText(matched)} (${shortDigest(digest)}), which is also needed by ${escapeText(listSome(because))}`
}

function warnings({ manifests, unread }: RemovalPlan, style: Style, isDone: boolean): string[] {
  const lack = isDone ? 'lacks it now' : 'will lack it'
  const mark = paint('warning:', 'yellow', style)
  return [
    ...manifests
      .filter(({ partOf }) => partOf.length > 0)
      .map(
        ({ digest, partOf }) =>
          `${mark} ${shortDigest(digest)} is part of the index ${tagsText(partOf)}, which ${lack}`,
      ),
    ...(unread.length > 0
      ? [`${mark} ${tagsText(unread.map(({ tag }) => tag))} could not be looked up, and may name it too`]
      : []),
  ]
}

function tagsText(tags: readonly string[]): string {
  return escapeText(listSome(tags, 10))
}
