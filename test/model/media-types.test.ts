import { describe, expect, it } from 'vitest'
import {
  acceptManifests,
  isIndexType,
  isManifestType,
  isNondistributable,
  isSchema1Type,
  mediaTypes,
  withoutParameters,
} from '../../src/model/media-types.ts'

describe('media types', () => {
  it.each([
    ['ociManifest', 'manifest'],
    ['dockerManifest', 'manifest'],
    ['ociArtifact', 'manifest'],
    ['ociIndex', 'manifest index'],
    ['dockerList', 'manifest index'],
    ['dockerSchema1', 'manifest schema1'],
    ['dockerSchema1Signed', 'manifest schema1'],
    ['ociConfig', ''],
    ['dockerConfig', ''],
    ['empty', ''],
    ['ociLayer', ''],
    ['octets', ''],
  ] as const)('%s: %s', (name, kinds) => {
    const type = mediaTypes[name]
    const told = [isManifestType(type) && 'manifest', isIndexType(type) && 'index', isSchema1Type(type) && 'schema1']
    expect(told.filter(Boolean).join(' ')).toBe(kinds)
  })

  it('asks for every manifest type in one header (items 10, 11)', () => {
    const { ociManifest, ociIndex, ociArtifact, dockerManifest, dockerList, dockerSchema1Signed } = mediaTypes
    const asked = acceptManifests.split(', ')
    expect(asked.sort()).toEqual(
      [ociManifest, ociIndex, ociArtifact, dockerManifest, dockerList, dockerSchema1Signed].sort(),
    )
  })

  it.each([
    ['application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', true],
    ['application/vnd.oci.image.layer.nondistributable.v1.tar+zstd', true],
    ['application/vnd.oci.image.layer.nondistributable.v1.tar', true],
    [mediaTypes.ociLayerGzip, false],
    [mediaTypes.dockerLayerGzip, false],
  ])('isNondistributable(%s) is %s (item 45)', (type, answer) => {
    expect(isNondistributable(type)).toBe(answer)
  })

  it.each([
    ['application/json', 'application/json'],
    ['application/json; charset=utf-8', 'application/json'],
    ['Application/JSON ;charset=utf-8; q=1', 'application/json'],
    [' text/plain ', 'text/plain'],
    ['', ''],
    [';', ''],
  ])('%j without parameters is %j (item 12)', (header, type) => {
    expect(withoutParameters(header)).toBe(type)
  })
})
