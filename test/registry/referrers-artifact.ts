import type { Descriptor } from '../../src/model/descriptor.ts'
import { makeArtifact, type Sample } from '../helpers/images.ts'

/** Artifacts of one subject that differ in their manifest alone. */
export function artifactOf(subject: Descriptor, name: string): Sample {
  return makeArtifact({ artifactType: 'application/vnd.x', subject, annotations: { name }, seed: 'below' })
}
