import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { consent } from '../../src/cli/consent.ts'

const asked = { page: 'sha256:0123\n  1.0\n  latest', sentence: 'it would take along 2 tags', question: 'Delete it?' }

function fakeTerminal(isTTY = true) {
  const stdin = Object.assign(new PassThrough(), { isTTY, setRawMode: () => stdin })
  const stderr = new PassThrough()
  let shown = ''
  stderr.on('data', chunk => {
    shown += chunk
  })
  return {
    terminal: { stdin: stdin as unknown as NodeJS.ReadStream, stderr },
    type: (text: string) => stdin.write(text),
    shown: () => shown,
  }
}

it.each(['y', 'yes', 'YES'])('%j agrees', async typed => {
  const { terminal, type, shown } = fakeTerminal()
  const agreed = consent({ ...asked, terminal })
  type(`${typed}\r`)
  await agreed
  expect(shown()).toContain('sha256:0123\n  1.0\n  latest\nDelete it? [y/N] ')
})

it.each(['', 'n', 'no', 'yesterday', ' ', 'delete'])('T28: %j does not', async typed => {
  const { terminal, type } = fakeTerminal()
  const refused = consent({ ...asked, terminal })
  type(`${typed}\r`)
  await expect(refused).rejects.toMatchObject({
    code: 'FAILED',
    message: 'nothing was deleted: the answer was not yes',
  })
})

it.each([
  ['\u0003', 'INTERRUPTED'],
  ['\u0004', 'USAGE'],
])('T28: %j ends with %s', async (typed, code) => {
  const { terminal, type } = fakeTerminal()
  const refused = consent({ ...asked, terminal })
  type(typed)
  await expect(refused).rejects.toMatchObject({ code })
})

it('T28: off a terminal nobody can agree but by --yes, and all is shown', async () => {
  const { terminal, shown } = fakeTerminal(false)
  await expect(consent({ ...asked, terminal })).rejects.toMatchObject({
    code: 'USAGE',
    message: 'nothing was deleted: it would take along 2 tags',
    hint: 'agree with --yes',
  })
  expect(shown()).toBe(`${asked.page}\n`)
})
