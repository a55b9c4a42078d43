import { describe, expect, it } from 'vitest'
import { digestOf } from '../../src/model/digest.ts'
import { Refusal } from '../../src/server/respond.ts'
import { parseRoute } from '../../src/server/routes.ts'

const digest = digestOf(Buffer.from('x'))
const id = '01234567-89ab-4cde-8f01-23456789abcd'

describe('routes', () => {
  it.each([
    ['/v2/', 'base', '', ''],
    ['/v2', 'base', '', ''],
    ['/v2/_catalog', 'catalog', '', ''],
    ['/v2/app/tags/list', 'tags', 'app', ''],
    ['/v2/a/b/c/tags/list', 'tags', 'a/b/c', ''],
    ['/v2/tags/list/tags/list', 'tags', 'tags/list', ''],
    ['/v2/app/manifests/1.0', 'manifest', 'app', '1.0'],
    [`/v2/a/manifests/manifests/${digest}`, 'manifest', 'a/manifests', digest],
    [`/v2/app/manifests/${digest.replace(':', '%3A')}`, 'manifest', 'app', digest],
    [`/v2/app/blobs/${digest}`, 'blob', 'app', digest],
    ['/v2/app/blobs/uploads/', 'uploads', 'app', ''],
    ['/v2/app/blobs/uploads', 'uploads', 'app', ''],
    [`/v2/app/blobs/uploads/${id}`, 'upload', 'app', id],
    [`/v2/blobs/uploads/blobs/${digest}`, 'blob', 'blobs/uploads', digest],
    [`/v2/app/referrers/${digest}`, 'referrers', 'app', digest],
  ])('%s is %s of %j, %j', (path, kind, name, target) => {
    expect(parseRoute(path)).toEqual({ kind, name, target })
  })

  it.each([
    ['/', 404],
    ['/v1/_catalog', 404],
    ['/v2/app', 404],
    ['/v2/app/manifests/', 404],
    ['/v2/App/tags/list', 400],
    ['/v2/a/../b/tags/list', 400],
    ['/v2/a/%2e%2e/tags/list', 400],
    ['/v2/a%2Fb/tags/list', 400],
    ['/v2/a//b/tags/list', 400],
    ['/v2/../../etc/passwd/tags/list', 400],
    ['/v2/a\\b/tags/list', 400],
    ['/v2/a b/tags/list', 400],
    ['/v2/a\u0000/tags/list', 400],
    ['/v2/_catalog/tags/list', 400],
    ['/v2/.uploads/tags/list', 400],
    [`/v2/${'a'.repeat(256)}/tags/list`, 400],
    [`/v2/app/manifests/${'a'.repeat(129)}`, 400],
    ['/v2/app/manifests/.hidden', 400],
    ['/v2/app/manifests/sha256:..', 400],
    ['/v2/app/manifests/md5:d41d8cd98f00b204e9800998ecf8427e', 400],
    ['/v2/app/blobs/sha256:ABC', 400],
    ['/v2/app/blobs/1.0', 400],
    ['/v2/app/referrers/1.0', 400],
  ])('T18: %j is refused with %i before it is a path', (path, status) => {
    expect(refusal(() => parseRoute(path)).status).toBe(status)
  })

  it('T26: a long name is refused, and its length is all that is looked at', () => {
    expect(refusal(() => parseRoute(`/v2/${'a-'.repeat(500_000)}/tags/list`)).protocolCode).toBe('NAME_INVALID')
  })
})

function refusal(work: () => unknown): Refusal {
  try {
    work()
  } catch (error) {
    if (error instanceof Refusal) return error
  }
  throw new Error('was not refused')
}
