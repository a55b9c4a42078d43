import { describe, expect, it } from 'vitest'
import { allCases, imageShapes } from '../../bench/cases.js'

describe.each([true, false])('cases, quick: %s', quick => {
  const cases = allCases(quick)

  it('have titles of their own and images that exist', () => {
    expect(new Set(cases.map(({ title }) => title)).size).toBe(cases.length)
    const images = Object.keys(imageShapes(quick))
    for (const { image } of cases) expect(images).toContain(image)
  })

  it('cut and kill every client at the same moments', () => {
    const lossy = cases.find(({ group }) => group === 'lossy')
    const first = lossy?.source?.(3).cutAfter
    const second = lossy?.source?.(3).cutAfter
    expect([first?.(), first?.()]).toEqual([second?.(), second?.()])
    const killed = cases.find(({ group }) => group === 'killed')
    expect(killed?.kills?.(1)).toHaveLength(6)
    expect(killed?.kills?.(1)).toEqual(killed?.kills?.(1))
  })
})

it.each([
  ['many, cold', 2 * 41 + 3],
  ['multi, cold', 2 * 30 + 9],
])('%s may take %d requests at the destination', (title, atMost) => {
  const targets = allCases(false).find(each => each.title === title)?.targets
  expect(targets).toContainEqual({ figure: 'destinationRequests', atMost })
})
