import { describe, expect, it } from 'vitest'
import { mediaTypes } from '../../src/model/media-types.ts'
import { createLedger, type Ledger } from '../../src/store/served.ts'
import { randomBlob } from '../helpers/images.ts'

const [near, far, registry] = ['https://near.test', 'https://far.test', 'docker.io']
const manifest = randomBlob(1, mediaTypes.ociManifest, 'm').descriptor
const blob = randomBlob(1, mediaTypes.octets, 'b').descriptor

type Step = (ledger: Ledger) => void
const all =
  (target: typeof blob, ...given: [source: string | undefined, bytes: number][]): Step =>
  ledger => {
    const reading = ledger.begin(target, 0)
    for (const [source, bytes] of given) reading.add(source, bytes)
    reading.end()
  }

describe('who gave what', () => {
  it.each<[string, Step[], Record<string, [manifests: number, blobs: number, bytes: number]>]>([
    ['nothing', [], {}],
    ['a mirror a blob', [all(blob, [near, 5], [near, 6])], { [near]: [0, 1, 11] }],
    ['a mirror a manifest', [all(manifest, [near, 5])], { [near]: [1, 0, 5] }],
    ['the registry itself', [all(blob, [undefined, 5])], { [registry]: [0, 1, 5] }],
    ['an empty blob of nobody', [all(blob)], { [registry]: [0, 1, 0] }],
    [
      'two, of which the last is named for the whole',
      [all(blob, [near, 5], [far, 6])],
      { [near]: [0, 0, 5], [far]: [0, 1, 6] },
    ],
    ['what did not end does not count', [ledger => ledger.begin(blob, 0).add(near, 5)], {}],
    [
      'what broke off and went on',
      [
        ledger => ledger.begin(blob, 0).add(near, 5),
        ledger => {
          const rest = ledger.begin(blob, 5)
          rest.add(far, 6)
          rest.end()
        },
      ],
      { [near]: [0, 0, 5], [far]: [0, 1, 6] },
    ],
    ['what is read anew from its beginning', [all(blob, [near, 5]), all(blob, [far, 5])], { [far]: [0, 1, 5] }],
    [
      'a rest whose beginning was read elsewhere',
      [
        ledger => {
          const rest = ledger.begin(blob, 5)
          rest.add(far, 6)
          rest.end()
        },
      ],
      { [far]: [0, 1, 6] },
    ],
  ])('%s', (_, steps, expected) => {
    const ledger = createLedger([near, far, registry])
    for (const step of steps) step(ledger)
    const found = ledger.served().map(({ source, manifests, blobs, bytes }) => [source, [manifests, blobs, bytes]])
    const full = [near, far, registry].map(source => [source, expected[source] ?? [0, 0, 0]])
    expect(found).toEqual(full)
  })
})

it('T11: what turned out to be wrong is forgotten, and the mirrors that gave it are named', () => {
  const ledger = createLedger([near, far, registry])
  all(blob, [near, 5], [undefined, 1], [far, 6])(ledger)
  all(manifest, [near, 1])(ledger)
  expect(ledger.takeBack(blob.digest)).toEqual([near, far])
  expect(ledger.served().map(({ blobs, manifests, bytes }) => [manifests, blobs, bytes])).toEqual([
    [1, 0, 1],
    [0, 0, 0],
    [0, 0, 0],
  ])
  expect(ledger.takeBack(blob.digest)).toEqual([])
})

it('the first reason stays', () => {
  const ledger = createLedger([near, registry])
  ledger.fail(near, 'it lied')
  ledger.fail(near, 'it is slow')
  expect(ledger.served().map(({ failure }) => failure)).toEqual(['it lied', undefined])
  expect(ledger.served()[1]).not.toHaveProperty('failure')
})
