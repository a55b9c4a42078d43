import { string } from '@oclif/core/args'
import DeleteCommand from '../delete.ts'

/** The Go regctl's words for `delete --tag-only`; those who type them would lose siblings by `delete`. */
export default class TagDeleteCommand extends DeleteCommand {
  static override hidden = true
  static override summary = 'remove a tag and leave its image, as delete --tag-only does'
  static override examples = [{ description: 'the tag alone', command: 'regctl tag rm registry.example/app:1.2' }]
  static override args = {
    image: string({ description: 'an image by its tag, oci:DIR:TAG or oci-archive:FILE:TAG', required: true }),
  }
  static override hiddenAliases = ['tag:rm']
  protected override readonly tagOnly = true
}
