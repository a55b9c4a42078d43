import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { webhookSecret } from '../../src/cli/webhook-secret.ts'
import type { Notice } from '../../src/model/notice.ts'

function fileWith(content: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'regctl-secret-')), 'secret')
  writeFileSync(path, content)
  return path
}
const environment = { REGCTL_WEBHOOK_SECRET: 'of the environment' }

async function secretOf(flags: Parameters<typeof webhookSecret>[0], env: Record<string, string> = {}) {
  const notices: Notice[] = []
  const { signal } = new AbortController()
  return { secret: await webhookSecret(flags, env, { notify: notice => notices.push(notice), signal }), notices }
}

it.each<[string, object, Record<string, string>, string | undefined]>([
  ['none', {}, {}, undefined],
  ['the environment', {}, environment, 'of the environment'],
  ['a file before the environment', { 'secret-file': fileWith('of a file') }, environment, 'of a file'],
  ['a flag before the environment', { secret: 'of a flag' }, environment, 'of a flag'],
  ['a file with a line break', { 'secret-file': fileWith('a b\n') }, {}, 'a b'],
  ['a file of Windows', { 'secret-file': fileWith('a b\r\n') }, {}, 'a b'],
  ['a file with blanks and two line breaks', { 'secret-file': fileWith(' a\n\n') }, {}, ' a\n'],
])('%s', async (_, flags, env, expected) => expect((await secretOf(flags, env)).secret).toBe(expected))

it('T16: one in the arguments is told to be seen, without being shown; others are not', async () => {
  const { notices } = await secretOf({ secret: 'canary-secret' })
  expect(notices).toEqual([{ code: 'SECRET_IN_ARGUMENTS', message: expect.not.stringContaining('canary') }])
  expect((await secretOf({}, environment)).notices).toEqual([])
})

it.each<[string, object, Record<string, string>]>([
  ['a flag', { secret: '' }, {}],
  ['a file', { 'secret-file': fileWith('\n') }, {}],
  ['the environment', {}, { REGCTL_WEBHOOK_SECRET: '' }],
])(
  'an empty secret of %s is refused: it would let everybody in',
  async (_, flags, env) =>
    await expect(secretOf(flags, env)).rejects.toMatchObject({ code: 'USAGE', message: 'the secret is empty' }),
)

it('T12: a file that is far too long is refused, and one that is not there is an error', async () => {
  await expect(secretOf({ 'secret-file': fileWith('x'.repeat(65_537)) })).rejects.toMatchObject({ code: 'USAGE' })
  expect((await secretOf({ 'secret-file': fileWith('x'.repeat(65_536)) })).secret).toHaveLength(65_536)
  await expect(secretOf({ 'secret-file': '/nowhere/secret' })).rejects.toMatchObject({ code: 'ENOENT' })
})
