import type { CopyToManyResult } from '../copy/many.ts'
import type { CopyResult } from '../copy/result.ts'
import type { CopyTagsResult } from '../copy/tags.ts'
import { copySummary } from './copy-summary.ts'
import type { Style } from './style.ts'

/** What the ways to copy give. */
export type AnyCopyResult = CopyResult | CopyTagsResult | CopyToManyResult

/** What only the command knows of a copy. */
export interface Told {
  dryRun?: true
  /** Requests that were sent again, when there were any. */
  retries?: number
}

/** A copy for a person: a few lines for one image, a table for many tags and for several destinations. */
export async function copyReport(report: AnyCopyResult & Told, style: Style): Promise<string> {
  if ('images' in report) return (await import('./copy-tags-summary.ts')).copyTagsSummary(report, style)
  if ('destinations' in report) return (await import('./copy-many-summary.ts')).copyManySummary(report, style)
  return copySummary(report, style)
}
