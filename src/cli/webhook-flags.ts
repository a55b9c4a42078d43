import * as Flags from '@oclif/core/flags'
import { eventWords } from '../webhook/event.ts'
import { repeatableText } from './flags.ts'

/** Which events `webhook parse` and `webhook listen` pass on. */
export const webhookFlags = {
  events: Flags.string({
    helpValue: 'EVENT[,EVENT…]',
    summary: `only these: ${eventWords.join(', ')}`,
  }),
  repository: repeatableText({
    helpValue: 'GLOB',
    summary: 'only repositories that match; * stays within one part of a path, ** does not (repeatable)',
  }),
  blobs: Flags.boolean({ summary: 'events about single layers too, of which each pull makes many' }),
}
