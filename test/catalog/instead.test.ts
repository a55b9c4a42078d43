import { expect, it } from 'vitest'
import { instead } from '../../src/catalog/instead.ts'
import { type ErrorCode, InvalidContentError, NotFoundError, RegctlError } from '../../src/model/errors.ts'
import { RegistryError } from '../../src/registry/errors.ts'

const registryError = (status: number, registryCodes: string[] = [], code: ErrorCode = 'REFUSED') =>
  new RegistryError(code, `it said ${status}`, { status, registryCodes })

async function list(error: unknown, before: string[] = []) {
  async function* first() {
    yield* before
    throw error
  }
  async function* second() {
    yield 'second'
  }
  const got: string[] = []
  for await (const item of instead(first(), second)) got.push(item)
  return got
}

it.each([
  ['400 without words', registryError(400)],
  ['404 without words', registryError(404, [], 'NOT_FOUND')],
  ['405 without words', registryError(405)],
  ['501 without words', registryError(501)],
  ['a page for people', new RegctlError('SERVER_FAILED', 'no JSON')],
])('%s: the second list stands in', async (_, error) => expect(await list(error)).toEqual(['second']))

it.each([
  ['404 in the words of a product', registryError(404, ['NOT_FOUND'], 'NOT_FOUND')],
  ['401', registryError(401, [], 'UNAUTHORIZED')],
  ['403', registryError(403, [], 'DENIED')],
  ['429', registryError(429, [], 'RATE_LIMITED')],
  ['another error', new NotFoundError('no project')],
  ['a list that is none', new InvalidContentError('no list')],
  ['nobody there', new RegctlError('UNREACHABLE', 'gone')],
  ['a defect', new TypeError('x')],
])('%s is told', async (_, error) => await expect(list(error)).rejects.toBe(error))

it('nor after the first list has begun', async () => {
  const error = registryError(404, [], 'NOT_FOUND')
  await expect(list(error, ['one'])).rejects.toBe(error)
})

it('the second is not asked for where the first is all', async () => {
  async function* first() {
    yield 1
  }
  const never = () => {
    throw new Error('asked')
  }
  const got: number[] = []
  for await (const item of instead(first(), never)) got.push(item)
  expect(got).toEqual([1])
})
