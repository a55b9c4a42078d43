import { expect, it } from 'vitest'
import { platformOf } from '../../src/catalog/platform-of.ts'

it.each<[object, string | undefined]>([
  [{ os: 'linux', architecture: 'amd64' }, 'linux/amd64'],
  [{ os: 'linux', architecture: 'arm', variant: 'v7' }, 'linux/arm/v7'],
  [{ os: 'linux', architecture: 'arm', variant: '' }, 'linux/arm'],
  [{ os: 'linux', architecture: 'arm', variant: null }, 'linux/arm'],
  [{ os: 'unknown', architecture: 'unknown' }, undefined],
  [{ os: 'linux', architecture: 'unknown' }, undefined],
  [{ os: 'unknown', architecture: 'amd64' }, undefined],
  [{ os: '', architecture: 'amd64' }, undefined],
  [{ architecture: 'amd64' }, undefined],
  [{ os: 'linux', architecture: 3 }, undefined],
])('%j: %s', (fields, expected) => expect(platformOf({ ...fields })).toBe(expected))
