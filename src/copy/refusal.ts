import type { Descriptor } from '../model/descriptor.ts'
import { RegctlError } from '../model/errors.ts'
import { RegistryError } from '../registry/errors.ts'
import { isOfFormat } from './format.ts'

/** A registry that refuses a manifest as such may know only the other format (item 99): then the error says what to try. */
export function withFormatHint(error: unknown, { mediaType }: Pick<Descriptor, 'mediaType'>): unknown {
  if (!(error instanceof RegistryError) || !isRefusalOfType(error)) return error
  const other = isOfFormat(mediaType, 'docker') ? 'oci' : 'docker'
  return new RegctlError(error.code, error.message, {
    hint: `it may not take ${mediaType}: --format ${other} writes the image in the other format, with a new digest`,
    cause: error,
  })
}

function isRefusalOfType({ status, registryCodes }: RegistryError): boolean {
  if (status === 415) return true
  return status === 400 && registryCodes.some(code => code === 'MANIFEST_INVALID' || code === 'UNSUPPORTED')
}
