import { chmod, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const temporary = () => mkdtemp(join(tmpdir(), 'regctl-credentials-'))

/** Puts `docker-credential-NAME`, a shell script, in a folder. */
export async function shellHelper(folder: string, name: string, body: string): Promise<void> {
  await program(join(folder, `docker-credential-${name}`), `#!/bin/sh\n${body}\n`)
}

/** A helper that keeps what it is given in `NAME.json` and notes how it was called in `NAME.calls`: a JSON line of argv, environment and stdin. */
export async function keepingHelper(folder: string, name: string): Promise<void> {
  const script = `#!${process.execPath}
const fs = require('node:fs')
const [kept, calls] = ${JSON.stringify([join(folder, `${name}.json`), join(folder, `${name}.calls`)])}
const input = fs.readFileSync(0, 'utf8')
fs.appendFileSync(calls, JSON.stringify({ argv: process.argv, env: process.env, input }) + '\\n')
const items = fs.existsSync(kept) ? JSON.parse(fs.readFileSync(kept, 'utf8')) : {}
const say = (text, code = 0) => { fs.writeSync(1, text); process.exit(code) }
const save = () => fs.writeFileSync(kept, JSON.stringify(items))
const actions = {
  get: () => items[input] ? say(JSON.stringify(items[input])) : say('credentials not found in native keychain\\n', 1),
  store: () => { const item = JSON.parse(input); items[item.ServerURL] = item; save() },
  erase: () => { delete items[input]; save() },
  list: () => say(JSON.stringify(Object.fromEntries(Object.entries(items).map(([key, item]) => [key, item.Username])))),
}
actions[process.argv[2]]()
`
  await program(join(folder, `docker-credential-${name}`), script)
}

export interface HelperCall {
  argv: string[]
  env: Record<string, string>
  input: string
}

/** How a {@link keepingHelper} was called, oldest first. */
export async function callsOf(folder: string, name: string): Promise<HelperCall[]> {
  const text = await readFile(join(folder, `${name}.calls`), 'utf8').catch(() => '')
  return text
    .split('\n')
    .filter(line => line !== '')
    .map((line): HelperCall => JSON.parse(line))
}

export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(path, JSON.stringify(value))
}

export const base64 = (text: string) => Buffer.from(text).toString('base64')

async function program(path: string, text: string): Promise<void> {
  await writeFile(path, text)
  await chmod(path, 0o755)
}
