import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { ask, askSecret, confirm } from '../../src/cli/prompt.ts'
import { RegctlError } from '../../src/model/errors.ts'

function fakeTerminal(isTTY = true) {
  const modes: boolean[] = []
  const stdin = Object.assign(new PassThrough(), { isTTY, setRawMode: (raw: boolean) => modes.push(raw) })
  const stderr = new PassThrough()
  let shown = ''
  stderr.on('data', chunk => {
    shown += chunk
  })
  return {
    terminal: { stdin: stdin as unknown as NodeJS.ReadStream, stderr },
    type: (text: string | Buffer) => stdin.write(text),
    shown: () => shown,
    modes,
  }
}

describe('on a terminal', () => {
  it('asks on stderr and shows what is typed', async () => {
    const { terminal, type, shown, modes } = fakeTerminal()
    const answer = ask('User name: ', { terminal })
    type('an')
    type('nx\u007f\r')
    expect(await answer).toBe('ann')
    expect(shown()).toBe('User name: annx\b \b\n')
    expect(modes).toEqual([true, false])
  })

  it('T16: shows nothing of a secret', async () => {
    const { terminal, type, shown } = fakeTerminal()
    const answer = askSecret('Password: ', { terminal })
    type('x\u0015pä')
    type('55\n')
    expect(await answer).toBe('pä55')
    expect(shown()).toBe('Password: \n')
  })

  it('reads characters that come in pieces, and ignores the other control characters', async () => {
    const { terminal, type } = fakeTerminal()
    const answer = askSecret('', { terminal })
    const bytes = Buffer.from('ä\u001b\t€\r')
    for (const byte of bytes) type(Buffer.from([byte]))
    expect(await answer).toBe('ä€')
  })

  it('keeps what is typed ahead for the next question', async () => {
    const { terminal, type } = fakeTerminal()
    type('ann\r\nsecret\r')
    expect(await ask('', { terminal })).toBe('ann')
    expect(await askSecret('', { terminal })).toBe('secret')
  })

  it.each([
    ['\u0003', 'INTERRUPTED'],
    ['\u0004', 'USAGE'],
    ['abc\u0003', 'INTERRUPTED'],
  ])('%j ends it with %s and gives the terminal back', async (keys, code) => {
    const { terminal, type, modes } = fakeTerminal()
    const answer = ask('', { terminal })
    type(keys)
    await expect(answer).rejects.toMatchObject({ code })
    expect(modes).toEqual([true, false])
  })

  it('ends when the signal aborts, before or while it asks', async () => {
    const reason = new RegctlError('TERMINATED', 'terminated')
    const controller = new AbortController()
    const answer = ask('', { terminal: fakeTerminal().terminal, signal: controller.signal })
    controller.abort(reason)
    await expect(answer).rejects.toBe(reason)
    await expect(ask('', { terminal: fakeTerminal().terminal, signal: controller.signal })).rejects.toBe(reason)
  })

  it.each([
    ['y', true],
    ['YES', true],
    ['', false],
    ['n', false],
    ['yesterday', false],
  ])('confirm: %j is %s', async (typed, agreed) => {
    const { terminal, type } = fakeTerminal()
    const answer = confirm('Delete?', { terminal })
    type(`${typed}\r`)
    expect(await answer).toBe(agreed)
  })
})

it('off a terminal: wrong usage, and what to do instead', async () => {
  const { terminal, shown } = fakeTerminal(false)
  await expect(askSecret('Password: ', { terminal, instead: 'use --password-stdin' })).rejects.toMatchObject({
    code: 'USAGE',
    message: 'there is no terminal to ask "Password:"',
    hint: 'use --password-stdin',
  })
  expect(shown()).toBe('')
})
