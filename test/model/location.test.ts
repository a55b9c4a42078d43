import { describe, expect, it } from 'vitest'
import { RegctlError } from '../../src/model/errors.ts'
import { formatLocation, parseLocation } from '../../src/model/location.ts'

const sha = `sha256:${'0123456789abcdef'.repeat(4)}`

describe('parseLocation', () => {
  it.each([
    ['oci:dir', 'oci', 'dir', undefined],
    ['oci:./dir', 'oci', './dir', undefined],
    ['oci:/srv/images/app', 'oci', '/srv/images/app', undefined],
    ['oci:dir:1.2', 'oci', 'dir', '1.2'],
    ['oci:../a/b:1.2', 'oci', '../a/b', '1.2'],
    [`oci:dir@${sha}`, 'oci', 'dir', sha],
    ['oci:a@b/dir:1', 'oci', 'a@b/dir', '1'],
    ['oci:me@home', 'oci', 'me@home', undefined],
    ['oci:/a:b/c', 'oci', '/a:b/c', undefined],
    ['oci:/a:b/c:d', 'oci', '/a:b/c', 'd'],
    ['oci:a:b/', 'oci', 'a:b/', undefined],
    ['oci:a b:1', 'oci', 'a b', '1'],
    ['oci:C:\\images', 'oci', 'C:\\images', undefined],
    ['oci:C:\\images:1.2', 'oci', 'C:\\images', '1.2'],
    ['oci:c:/images:1.2', 'oci', 'c:/images', '1.2'],
    [`oci:C:\\images@${sha}`, 'oci', 'C:\\images', sha],
    ['oci:c:latest', 'oci', 'c', 'latest'],
    ['oci-archive:app.tar', 'oci-archive', 'app.tar', undefined],
    ['oci-archive:/tmp/app.tar:1', 'oci-archive', '/tmp/app.tar', '1'],
    ['docker-archive:app.tar', 'docker-archive', 'app.tar', undefined],
    ['docker-archive:app.tar:nginx', 'docker-archive', 'app.tar', 'docker.io/library/nginx:latest'],
    ['docker-archive:/a/b.tar:h:5000/x/y:1', 'docker-archive', '/a/b.tar', 'h:5000/x/y:1'],
    ['docker-archive:C:\\b.tar', 'docker-archive', 'C:\\b.tar', undefined],
    ['docker-archive:C:\\b.tar:x:1', 'docker-archive', 'C:\\b.tar', 'docker.io/library/x:1'],
  ])('%s is %s %s %s', (text, scheme, path, reference) => {
    const location = parseLocation(text)
    expect(location).toEqual(reference === undefined ? { scheme, path } : { scheme, path, reference })
    expect(parseLocation(formatLocation(location))).toEqual(location)
  })

  it.each([
    ['nginx', 'docker.io/library/nginx:latest'],
    ['docker://nginx:1', 'docker.io/library/nginx:1'],
    ['docker://oci:1', 'docker.io/library/oci:1'],
    ['docker://dir:1', 'docker.io/library/dir:1'],
    ['localhost:5000/x', 'localhost:5000/x:latest'],
    ['host:tag', 'docker.io/library/host:tag'],
    ['directory:tag', 'docker.io/library/directory:tag'],
    ['oci/x:1', 'docker.io/oci/x:1'],
    ['dir/x', 'docker.io/dir/x:latest'],
  ])('%s is the image %s', (text, image) => {
    expect(parseLocation(text)).toMatchObject({ scheme: 'registry' })
    expect(formatLocation(parseLocation(text))).toBe(image)
  })

  it.each([
    ['oci:', /no path.*oci:DIR/],
    ['oci::1', /no path/],
    [`oci:@${sha}`, /no path/],
    ['oci-archive:', /no path/],
    ['docker-archive:', /no path/],
    ['docker-archive::nginx', /no path/],
    ['oci:a\0b', /NUL/],
    ['docker-archive:a\0b:nginx', /NUL/],
    ['oci:dir:', /not a tag/],
    ['oci:dir:not!a!tag', /not a tag.*with a slash/],
    ['oci:dir@sha256:abc', /not a digest/],
    ['oci:dir@sha256:../../x', /not a digest/],
    [`oci:dir:1@${sha}`, /a tag and a digest/],
    [`docker-archive:a.tar:x@${sha}`, /no digests/],
    ['docker-archive:a.tar:X', /lower case/],
    ['dir:/tmp/x', /kind dir: .*oci:DIR/],
    ['containers-storage:x', /containers-storage: .*docker-archive:FILE/],
    ['docker-daemon:nginx:1', /docker-daemon:/],
    ['ocidir://x:1', /ocidir:.*oci:DIR/],
    ['./dir', /is a path.*oci:DIR/],
    ['/tmp/app.tar', /is a path/],
    ['C:\\images', /is a path/],
    ['~/images', /is a path/],
    ['https://ghcr.io/x', /leave out/],
    [`oci:${'a'.repeat(40_000)}`, /longer than any/],
    [`oci:x:${'a'.repeat(20_000)}`, /not a tag/],
  ])('refuses %j', (text, told) => {
    const refusal = caught(() => parseLocation(text))
    expect(refusal.code).toBe('REFERENCE_INVALID')
    expect(`${refusal.message} ${refusal.hint}`).toMatch(told)
    expect(refusal.message.length).toBeLessThan(400)
  })
})

function caught(call: () => unknown): RegctlError {
  try {
    call()
  } catch (error) {
    if (error instanceof RegctlError) return error
  }
  throw new Error('no RegctlError')
}
