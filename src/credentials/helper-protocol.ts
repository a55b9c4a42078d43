import { isObject } from '../model/descriptor.ts'
import { RegctlError } from '../model/errors.ts'
import type { CredentialStore } from './credentials.ts'
import { accountOf, credentialOf, notFoundMessage } from './helper.ts'
import { serverKey } from './hosts.ts'

export interface HelperReply {
  /** For stdout, where this protocol has its failures too. */
  output: string
  exitCode: number
}

/** Answers one call of docker's credential helper protocol: `get`, `store`, `erase`, `list` or `version`. A failure is an output with exit code 1. */
export async function serveHelper(
  action: string | undefined,
  input: string,
  store: CredentialStore,
  version = '',
): Promise<HelperReply> {
  try {
    return { output: await answer(action, input, { store, version }), exitCode: 0 }
  } catch (error) {
    // Docker shows this text: only sentences of our own, for a library's may quote its input (T15).
    const message = error instanceof Refusal || error instanceof RegctlError ? error.message : 'the keychain failed'
    return { output: `${message}\n`, exitCode: 1 }
  }
}

/** A failure in the protocol's own words, which docker compares. */
class Refusal extends Error {}

interface Context {
  store: CredentialStore
  version: string
}

async function answer(action: string | undefined, input: string, { store, version }: Context): Promise<string> {
  switch (action) {
    case 'get':
      return get(store, serverIn(input))
    case 'store':
      return keep(store, input)
    case 'erase':
      await store.delete(serverIn(input))
      return ''
    case 'list':
      return list(store)
    case 'version':
      return `${`docker-credential-regctl (regctl-js) ${version}`.trim()}\n`
    default:
      throw new Refusal('usage: docker-credential-regctl <store|get|erase|list|version>')
  }
}

async function get(store: CredentialStore, server: string): Promise<string> {
  const found = await store.get(server)
  if (!found) throw new Refusal(notFoundMessage)
  return `${JSON.stringify({ ServerURL: server, ...accountOf(found.credential) })}\n`
}

async function keep(store: CredentialStore, input: string): Promise<string> {
  let request: unknown
  try {
    request = JSON.parse(input)
  } catch {
    throw new Refusal('the input is not JSON')
  }
  const { ServerURL, Username, Secret } = isObject(request) ? request : {}
  if (typeof ServerURL !== 'string' || ServerURL.trim() === '') throw new Refusal('no credentials server URL')
  if (typeof Username !== 'string' || Username === '') throw new Refusal('no credentials username')
  if (typeof Secret !== 'string' || Secret === '') throw new Refusal('no credentials secret')
  await store.set(ServerURL.trim(), credentialOf(Username, Secret))
  return ''
}

async function list(store: CredentialStore): Promise<string> {
  const users: [string, string][] = []
  for (const registry of await store.registries()) {
    const found = await store.get(registry)
    if (found) users.push([serverKey(registry), accountOf(found.credential).Username])
  }
  return `${JSON.stringify(Object.fromEntries(users))}\n`
}

function serverIn(input: string): string {
  const server = input.trim()
  if (server === '') throw new Refusal('no credentials server URL')
  return server
}
