import bcrypt from 'bcryptjs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { RegctlError } from '../../src/model/errors.ts'
import { parseHtpasswd } from '../../src/server/htpasswd.ts'

const hash = (password: string) => bcrypt.hashSync(password, 4)

describe('htpasswd', () => {
  afterEach(() => vi.restoreAllMocks())

  it.each(['$2y$', '$2a$', '$2b$'])('takes bcrypt as %s', async prefix => {
    const users = parseHtpasswd(`ann:${prefix}${hash('secret').slice(4)}\n`)
    expect(await users.check('ann', 'secret')).toBe(true)
    expect(await users.check('ann', 'Secret')).toBe(false)
    expect(await users.check('ann', '')).toBe(false)
    expect(await users.check('bob', 'secret')).toBe(false)
  })

  it('skips comments, empty lines and Windows line ends', async () => {
    const users = parseHtpasswd(`# people\r\n\r\nann:${hash('a')}\r\nbob:${hash('b')}\r\n`)
    expect(await users.check('ann', 'a')).toBe(true)
    expect(await users.check('bob', 'b')).toBe(true)
    expect(await users.check('ann', 'b')).toBe(false)
  })

  it('lets nobody in when it is empty', async () => {
    expect(await parseHtpasswd('').check('', '')).toBe(false)
  })

  it.each([
    ['MD5', 'ann:$apr1$HvD0ZOVT$5Rq1i2OmCLbbC0rF0bE4r.'],
    ['SHA-1', 'ann:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ='],
    ['plain text', 'ann:hunter2'],
    ['no colon', 'hunter2'],
    ['no user', `:${bcrypt.hashSync('hunter2', 4)}`],
  ])('refuses %s, naming the line and not what it says', (_, line) => {
    const text = `bob:${hash('b')}\n${line}`
    expect(() => parseHtpasswd(text)).toThrow(RegctlError)
    expect(() => parseHtpasswd(text)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    expect(() => parseHtpasswd(text)).toThrow(/line 2/)
    expect(() => parseHtpasswd(text)).not.toThrow(/hunter2/)
  })

  it('asks bcrypt once for a password that was right, and each time for one that was not', async () => {
    const compare = vi.spyOn(bcrypt, 'compare')
    const users = parseHtpasswd(`ann:${hash('secret')}`)
    for (let round = 0; round < 3; round += 1) expect(await users.check('ann', 'secret')).toBe(true)
    expect(compare).toHaveBeenCalledTimes(1)
    for (let round = 0; round < 3; round += 1) expect(await users.check('ann', 'wrong')).toBe(false)
    expect(compare).toHaveBeenCalledTimes(4)
  })

  it('spends the same work on a user it does not know', async () => {
    const compare = vi.spyOn(bcrypt, 'compare')
    expect(await parseHtpasswd(`ann:${hash('secret')}`).check('eve', 'secret')).toBe(false)
    expect(compare).toHaveBeenCalledTimes(1)
  })
})
