import { describe, expect, it } from 'vitest'
import { parseTarget } from '../../src/doctor/target.ts'

const digest = `sha256:${'a'.repeat(64)}`

describe('what is meant', () => {
  it.each([
    ['registry.example', 'registry.example', undefined, undefined],
    ['registry.example:5000', 'registry.example:5000', undefined, undefined],
    ['myhost:5000', 'myhost:5000', undefined, undefined],
    ['localhost', 'localhost', undefined, undefined],
    ['[::1]:5000', '[::1]:5000', undefined, undefined],
    ['registry.example/', 'registry.example', undefined, undefined],
    ['docker.io', 'docker.io', undefined, undefined],
    ['index.docker.io', 'docker.io', undefined, undefined],
    ['https://index.docker.io/v1/', 'docker.io', undefined, undefined],
    ['https://registry.example/v2/', 'registry.example', undefined, undefined],
    ['https://registry.example/team/app', 'registry.example', 'team/app', undefined],
    ['registry.example/team/app', 'registry.example', 'team/app', undefined],
    ['registry.example:5000/app:1.2', 'registry.example:5000', 'app', '1.2'],
    [`registry.example/app@${digest}`, 'registry.example', 'app', undefined],
    ['docker://registry.example/app:1.2', 'registry.example', 'app', '1.2'],
    ['docker://nginx', 'docker.io', 'library/nginx', undefined],
    ['nginx', 'docker.io', 'library/nginx', undefined],
    ['nginx:1.27', 'docker.io', 'library/nginx', '1.27'],
    ['team/app:1.2', 'docker.io', 'team/app', '1.2'],
  ])('%s', (text, registry, repository, tag) => {
    const target = parseTarget(text)
    expect([target.registry, target.repository, target.tag]).toEqual([registry, repository, tag])
  })

  it('a word alone may have been a host', () => {
    expect(parseTarget('myhost')).toMatchObject({ registry: 'docker.io', word: 'myhost' })
    expect(parseTarget('team/app').word).toBeUndefined()
  })

  it.each([
    '',
    'registry.example/TEAM',
    'registry.example/app:-x',
    'user:pw@registry.example/app',
    'registry.example:99999/app',
  ])('%j is nothing to look at', text => {
    expect(() => parseTarget(text)).toThrow(expect.objectContaining({ code: 'REFERENCE_INVALID' }))
  })
})
