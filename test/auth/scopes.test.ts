import { describe, expect, it } from 'vitest'
import {
  catalogScope,
  coversScopes,
  mergeScopes,
  parseScope,
  repositoryScope,
  scopesAbout,
  scopesIn,
} from '../../src/auth/scopes.ts'

describe('scopes', () => {
  it('are written as token servers read them', () => {
    expect(repositoryScope('a/b', 'pull', 'push')).toBe('repository:a/b:pull,push')
    expect(repositoryScope('a/b', '*')).toBe('repository:a/b:*')
    expect(catalogScope).toBe('registry:catalog:*')
  })

  it.each([
    ['repository:a/b:pull,push', { type: 'repository', name: 'a/b', actions: ['pull', 'push'] }],
    ['repository:host:5000/a:pull', { type: 'repository', name: 'host:5000/a', actions: ['pull'] }],
    ['repository(plugin):a:pull', { type: 'repository(plugin)', name: 'a', actions: ['pull'] }],
    ['registry:catalog:*', { type: 'registry', name: 'catalog', actions: ['*'] }],
    ['*', undefined],
    ['repository:a', undefined],
    ['repository::pull', undefined],
    [':a:pull', undefined],
  ])('parseScope(%s)', (text, expected) => {
    expect(parseScope(text)).toEqual(expected)
  })

  it.each<[string[], string[], string[]]>([
    [['repository:a:pull'], ['repository:a:push'], ['repository:a:pull,push']],
    [['repository:b:pull'], ['repository:a:pull,push'], ['repository:b:pull', 'repository:a:pull,push']],
    [['repository:h:5/a:pull'], ['repository:h:5/a:pull,*'], ['repository:h:5/a:pull,*']],
    [['*'], ['*', 'repository:a:pull'], ['*', 'repository:a:pull']],
    [[], ['repository:a:pull', 'repository:a:pull'], ['repository:a:pull']],
    [[], [], []],
  ])('mergeScopes(%j, %j), needed first', (needed, more, expected) => {
    expect(mergeScopes(needed, more)).toEqual(expected)
  })

  it.each<[string[], string[], boolean]>([
    [['repository:a:pull,push'], ['repository:a:pull'], true],
    [['repository:a:pull'], ['repository:a:pull,push'], false],
    [['repository:a:*'], ['repository:a:push'], true],
    [['repository:ab:pull'], ['repository:a:pull'], false],
    [['repository:a:pull', 'repository:a:push'], ['repository:a:pull,push'], true],
    [['repository:a:pull'], ['repository:a:pull', 'repository:b:pull'], false],
    [['*'], ['*'], true],
    [['repository:a:pull'], ['*'], false],
    [[], [], true],
  ])('coversScopes(%j, %j) is %s', (held, wanted, expected) => {
    expect(coversScopes(held, wanted)).toBe(expected)
  })

  it('finds what was granted about the same resources', () => {
    const granted = ['repository:a:push', 'repository:b:pull', '*']
    expect(scopesAbout(['repository:a:pull'], granted)).toEqual(['repository:a:push'])
  })

  it('takes a parameter with several scopes apart (2.2g)', () => {
    expect(scopesIn(' repository:a:pull,push  repository:b:pull ')).toEqual([
      'repository:a:pull,push',
      'repository:b:pull',
    ])
    expect(scopesIn(undefined)).toEqual([])
  })
})
