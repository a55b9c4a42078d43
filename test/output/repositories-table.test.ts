import { describe, expect, it } from 'vitest'
import { formatAmount, repositoriesTable, resultsTable } from '../../src/output/repositories-table.ts'

const style = { isTTY: false, color: false, unicode: false, width: 200, height: 100 }

describe('tables of repositories', () => {
  it.each([
    [undefined, ''],
    [0, '0'],
    [9999, '9999'],
    [10_000, '10K'],
    [12_345, '12.3K'],
    [999_999, '999K'],
    [1_000_000, '1M'],
    [1_999_999, '1.9M'],
    [12_345_678_901, '12.3B'],
  ])('an amount of %s is %j', (amount, text) => {
    expect(formatAmount(amount)).toBe(text)
  })

  it('leave out the columns that nobody fills', async () => {
    expect(await resultsTable([{ name: 'demo/app' }, { name: 'b' }], style)).toBe('NAME\ndemo/app\nb')
    expect(await repositoriesTable([{ name: 'a', pulls: 5, artifacts: 2, private: true }], style)).toBe(
      ['NAME  IMAGES  PULLS  ACCESS', 'a          2      5  private'].join('\n'),
    )
  })

  it('tell who stands behind an image', async () => {
    const rows = [
      { name: 'nginx', official: true, pulls: 10_000_000_000, pullsAtLeast: true as const },
      { name: 'b/nginx', publisher: 'VMware' },
    ]
    expect(await resultsTable(rows, style)).toBe(
      ['NAME     PULLS  BY', 'nginx     10B+  Docker official', 'b/nginx         VMware'].join('\n'),
    )
  })

  it('T14: descriptions stay on their line and move no cursor', async () => {
    const description = 'a\u001b[2Jb\r\nc\u202ed\u009be::set-output'
    const table = await resultsTable([{ name: 'x', description }], style)
    expect(table.split('\n')).toHaveLength(2)
    expect(table).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
  })
})
