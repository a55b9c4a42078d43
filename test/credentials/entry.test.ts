import { describe, expect, it } from 'vitest'
import { readEntry, section, writeEntry } from '../../src/credentials/entry.ts'
import { base64 } from './fake-helpers.ts'

const password = (username: string, secret: string) => ({ kind: 'password', username, password: secret })

describe('readEntry', () => {
  it.each([
    ['auth', { auth: base64('u:p') }, password('u', 'p')],
    [
      'auth with colons in the password',
      { auth: base64('_json_key:{"a":"b:c"}\n') },
      password('_json_key', '{"a":"b:c"}\n'),
    ],
    ['auth with trailing NULs', { auth: base64('u:p\0\0') }, password('u', 'p')],
    ['auth without a user', { auth: base64(':p') }, password('', 'p')],
    ['auth in UTF-8', { auth: base64('ü:pä') }, password('ü', 'pä')],
    ['username and password', { username: 'u', password: 'p' }, password('u', 'p')],
    ['identitytoken before auth', { auth: base64('u:'), identitytoken: 't' }, { kind: 'identity', token: 't' }],
    ['registrytoken before all', { identitytoken: 't', registrytoken: 'r' }, { kind: 'registry', token: 'r' }],
    ['an empty entry', {}, undefined],
    ['an empty auth', { auth: '' }, undefined],
    ['auth of nothing', { auth: base64(':') }, undefined],
    ['null', null, undefined],
    ['a user alone', { username: 'u', email: 'e' }, undefined],
    ['T26: a polluted entry', JSON.parse('{"__proto__":{"auth":"dTpw"}}'), undefined],
  ])('%s', (_, entry, credential) => {
    expect(readEntry(entry, 'here')).toEqual(credential)
  })

  it.each([
    ['no base64', 'canary!'],
    ['no padding', 'dTpwcHA'],
    ['base64url', 'dT-_'],
    ['no colon', base64('canary')],
  ])('T15: auth that is %s is refused without being shown', (_, auth) => {
    expect(() => readEntry({ auth }, 'ghcr.io in f')).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.not.stringContaining('canary') }),
    )
  })
})

describe('writeEntry', () => {
  it.each([
    { kind: 'password', username: 'u', password: 'p:q' },
    { kind: 'identity', token: 't' },
    { kind: 'registry', token: 't' },
  ] as const)('$kind is read back as it was', credential => {
    expect(readEntry(writeEntry(credential), 'here')).toEqual(credential)
  })

  it('a user name with a colon has no place in auth', () => {
    expect(() => writeEntry({ kind: 'password', username: 'a:b', password: 'p' })).toThrow(/colon/)
  })
})

it('a section that is no object is empty', () => {
  expect(section({}, 'auths')).toEqual({})
  expect(section({ auths: 7 }, 'auths')).toEqual({})
})
