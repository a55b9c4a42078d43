import { describe, expect, it } from 'vitest'
import { type Column, table } from '../../src/output/table.ts'

const columns: Column[] = [
  { title: 'NAME', fit: 'wrap' },
  { title: 'DIGEST', fit: 'cut' },
  { title: 'SIZE', align: 'right' },
  { title: 'PLATFORMS', fit: 'wrap' },
]
const digest = `sha256:${'0123456789abcdef'.repeat(4)}`
const platforms = 'linux/amd64, linux/arm64/v8, linux/arm/v7, windows/amd64'
const rows = [
  ['1.2.3', digest, '12.4 MiB', platforms],
  ['latest', digest, '900 B', 'linux/amd64'],
]
const style = { isTTY: true, color: false, unicode: true, width: 80, height: 24 }

describe('table', () => {
  it('keeps everything where nobody looks at the edge', async () => {
    const text = await table(columns, rows, { ...style, width: Number.POSITIVE_INFINITY })
    expect(text.split('\n')).toEqual([
      `NAME    ${'DIGEST'.padEnd(71)}      SIZE  PLATFORMS`,
      `1.2.3   ${digest}  12.4 MiB  ${platforms}`,
      `latest  ${digest}     900 B  linux/amd64`,
    ])
  })

  it('cuts digests first at 80 columns, then wraps between words', async () => {
    expect((await table(columns, rows, style)).split('\n')).toEqual([
      'NAME    DIGEST                    SIZE  PLATFORMS',
      '1.2.3   sha256:0123456789ab…  12.4 MiB  linux/amd64, linux/arm64/v8,',
      '                                        linux/arm/v7, windows/amd64',
      'latest  sha256:0123456789ab…     900 B  linux/amd64',
    ])
  })

  const created: Column = { title: 'CREATED', brief: text => text.slice(0, 10) }
  const wide = [{ title: 'TAG' }, ...columns.slice(1), created]
  const row = ['1.27.3-alpine3.20-slim', digest, '12.4 MiB', platforms, '2026-01-02T03:04:05Z']

  it('is brief where that leaves more to see, and breaks no word as long as a digest can be cut further', async () => {
    expect((await table(wide, [row], style)).split('\n')).toEqual([
      'TAG                     DIGEST                 SIZE  PLATFORMS        CREATED',
      '1.27.3-alpine3.20-slim  sha256:012345678…  12.4 MiB  linux/amd64,     2026-01-02',
      '                                                     linux/arm64/v8,',
      '                                                     linux/arm/v7,',
      '                                                     windows/amd64',
    ])
    expect(await table(wide, [row], { ...style, width: 160 })).toContain('03:04:05Z')
  })

  it.each([40, 60, 80, 120, 160])('stays within %d columns', async width => {
    const text = await table(columns, [...rows, ['x'.repeat(300), digest, '1 B', 'y'.repeat(5000)]], {
      ...style,
      width,
    })
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(width)
    expect(text.replace(/[^y]/g, '')).toHaveLength(5000)
  })

  it('T14: shows control characters in cells, on one line', async () => {
    const text = await table([{ title: 'TAG' }], [['\u001b[2J\u202e\n::error::x']], style)
    expect(text).toBe('TAG\n\\x1b[2J\\u202e\\n::error::x')
  })

  it('aligns wide characters', async () => {
    const text = await table(
      [{ title: 'A' }, { title: 'B' }],
      [
        ['新しい', 'x'],
        ['abcdef', 'y'],
      ],
      style,
    )
    expect(text.split('\n')).toEqual(['A       B', '新しい  x', 'abcdef  y'])
  })

  it('has colour only where the style has', async () => {
    const painted: Column[] = [{ title: 'A', paint: 'cyan' }]
    expect(await table(painted, [['x']], { ...style, color: true })).toContain('\u001b[36mx\u001b[39m')
    expect(await table(painted, [['x']], style)).toBe('A\nx')
  })

  it('has a head when there are no rows', async () => expect(await table([{ title: 'A' }], [], style)).toBe('A'))
})
