import { expect, it } from 'vitest'
import { withFormatHint } from '../../src/copy/refusal.ts'
import { RegctlError } from '../../src/model/errors.ts'
import { mediaTypes } from '../../src/model/media-types.ts'
import { RegistryError } from '../../src/registry/errors.ts'

const refusal = (status: number, ...registryCodes: string[]) =>
  new RegistryError('REFUSED', 'it said no', { status, registryCodes })

it.each<[string, RegistryError, string, string]>([
  ['415', refusal(415), mediaTypes.ociManifest, '--format docker'],
  ['415', refusal(415), mediaTypes.ociIndex, '--format docker'],
  ['415', refusal(415), mediaTypes.dockerManifest, '--format oci'],
  ['400 MANIFEST_INVALID', refusal(400, 'X', 'MANIFEST_INVALID'), mediaTypes.dockerList, '--format oci'],
  ['400 UNSUPPORTED', refusal(400, 'UNSUPPORTED'), mediaTypes.ociManifest, '--format docker'],
])('item 99: %s of a manifest says what to try', (_, error, mediaType, hint) =>
  expect(withFormatHint(error, { mediaType })).toMatchObject({
    code: error.code,
    message: error.message,
    hint: expect.stringContaining(hint),
    cause: error,
  }),
)

it.each<[string, unknown]>([
  ['400 of another kind', refusal(400, 'NAME_INVALID')],
  ['400 without words', refusal(400)],
  ['404', refusal(404, 'MANIFEST_INVALID')],
  ['500', refusal(500)],
  ['an error of ours', new RegctlError('REFUSED', 'no')],
  ['a defect', new TypeError('x')],
])('%s comes back as it was', (_, error) =>
  expect(withFormatHint(error, { mediaType: mediaTypes.ociManifest })).toBe(error),
)
