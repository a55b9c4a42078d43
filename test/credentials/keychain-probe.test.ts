import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { isKeychainUsable } from '../../src/credentials/keychain-probe.ts'
import { temporary } from './fake-helpers.ts'

async function library(text: string): Promise<string> {
  const file = join(await temporary(), 'library.cjs')
  await writeFile(file, text)
  return file
}

const working = `
const items = new Map()
exports.setPassword = async (service, account, secret) => { items.set(service + account, secret) }
exports.getPassword = async (service, account) => items.get(service + account) ?? null
exports.deletePassword = async (service, account) => items.delete(service + account)
`

it('is usable when it gives back what it was given', async () => {
  expect(await isKeychainUsable({ library: await library(working) })).toBeUndefined()
})

it.each([
  ['does not load', 'throw new Error("libsecret-1.so.0 is missing\\nmore")', 'libsecret-1.so.0 is missing'],
  ['refuses to store', 'exports.setPassword = async () => { throw new Error("locked\\u001b[0m") }', 'locked\\u001b[0m'],
  ['forgets', `${working} exports.getPassword = async () => null`, 'it does not give back what it was given'],
  ['crashes', 'process.kill(process.pid, "SIGSEGV"); setTimeout(() => {}, 5000)', 'its library crashed'],
])('one that %s has a reason', async (_, text, reason) => {
  expect(await isKeychainUsable({ library: await library(text) })).toBe(reason)
})

it.each([
  ['hangs', 'exports.setPassword = () => new Promise(() => setInterval(() => {}, 1000))'],
  ['blocks', 'exports.setPassword = () => { for (;;); }'],
])('one that %s is killed', async (_, text) => {
  expect(await isKeychainUsable({ library: await library(text), timeout: 500 })).toBe('no answer within 0.5 seconds')
})

it('the real library answers one way or the other', async () => {
  // Without a session bus this is a reason, with one it is undefined: never an exception, never a wait.
  expect(['string', 'undefined']).toContain(typeof (await isKeychainUsable()))
})
