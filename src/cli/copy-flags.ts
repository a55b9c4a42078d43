import * as Flags from '@oclif/core/flags'
import { repeatableText } from './flags.ts'

const group = { helpGroup: 'COMPANION' }

/** What comes along with an image. */
export const companionFlags = {
  referrers: Flags.boolean({
    ...group,
    summary: 'what refers to it too, and what refers to that: signatures, SBOMs, attestations',
  }),
  'artifact-type': repeatableText({
    ...group,
    helpValue: 'TYPE',
    dependsOn: ['referrers'],
    summary: 'of the referrers only those of this type (repeatable)',
  }),
  'digest-tags': Flags.boolean({
    ...group,
    summary: "cosign's tags too: sha256-….sig, .att and .sbom",
  }),
}
