import { describe, expect, it } from 'vitest'
import type { Target } from '../../bench/cases.js'
import { allCases } from '../../bench/cases.js'
import { reasons } from '../../bench/reasons.js'
import {
  bestPeer,
  formatReport,
  judge,
  markdownTable,
  type Result,
  type Row,
  replaceBetweenMarkers,
} from '../../bench/report.js'

const MiB = 1024 * 1024
const start = { wall: 0.06, cpu: 0.05 }
const usual = { ok: true, fault: undefined, wall: 1, cpu: 1, memory: 50 * MiB, firstLine: 0.5, sourceRequests: 3 }
const more = { destinationRequests: 5, sourceCpu: 0.1, destinationCpu: 0.2, sent: 100, received: 100 }

function row(client: string, walls: number[], change: Partial<Row['samples'][number]> = {}, rival = true): Row {
  return { client, rival, samples: walls.map(wall => ({ ...usual, ...more, wall, ...change })) }
}

function result(rows: Row[], targets: Target[] = []): Result {
  const what = { group: 'many', title: 'many, cold', image: 'many', kind: 'cold' as const, clients: [], targets }
  return { what, bytes: 100, rows }
}

const ours = row('regctl-js', [0.5, 0.4, 9], { cpu: 0.45, memory: 80 * MiB }, false)
const crane = row('crane', [1, 1, 1], { cpu: 0.5 })
const skopeo = row('skopeo', [0.8, 0.8, 0.8], { cpu: 2 })
const beside = row('crane -j 8', [0.1, 0.1, 0.1], {}, false)
const broken = row('regctl', [0.01], { ok: false, fault: 'exit 1: reset | by peer' })
const all = result([ours, crane, skopeo, beside, broken])

describe('bestPeer', () => {
  it('is the quickest that did the job with its defaults', () => expect(bestPeer(all.rows)?.client).toBe('skopeo'))
  it('depends on the figure', () => expect(bestPeer(all.rows, 'cpu')?.client).toBe('crane'))
  it('is nobody where all failed', () => expect(bestPeer([ours, broken])).toBeUndefined())
})

describe('judge', () => {
  it.each<[Target, number, boolean]>([
    [{ figure: 'wall', of: 'best', atMost: 0.7 }, 0.5 / 0.8, true],
    [{ figure: 'wall', of: 'crane', atMost: 0.45 }, 0.5, false],
    [{ figure: 'wall', of: 'crane', atMost: 0.45, afterStart: true }, 0.44, true],
    [{ figure: 'cpu', of: 'crane', atMost: 0.9 }, 0.9, true],
    [{ figure: 'memory', atMost: 100 }, 80, true],
    [{ figure: 'requests', atMost: 2 }, 8, false],
    [{ figure: 'destinationRequests', atMost: 5 }, 5, true],
    [{ figure: 'moved', atMost: 1.1 }, 1, true],
  ])('%j is %d, reached: %s', (target, value, reached) => {
    const verdict = judge(target, all, start)
    expect(verdict?.value).toBeCloseTo(value)
    expect(verdict?.reached).toBe(reached)
  })

  it('takes the largest memory, not the median', () => {
    const samples = ours.samples.map((each, at) => ({ ...each, memory: (at === 0 ? 200 : 10) * MiB }))
    const verdict = judge({ figure: 'memory', atMost: 100 }, result([{ ...ours, samples }]), start)
    expect(verdict).toEqual({ value: 200, reached: false })
  })

  it.each([
    ['the peer is not there', 'oras', all],
    ['the peer failed', 'regctl', all],
    ['we failed once', 'crane', result([{ ...ours, samples: [...ours.samples, ...broken.samples] }, crane])],
  ])('says nothing where %s', (_, of, measured) => {
    expect(judge({ figure: 'wall', of, atMost: 1 }, measured, start)).toBeUndefined()
  })
})

describe('formatReport', () => {
  const report = formatReport([result(all.rows, [{ figure: 'wall', of: 'best', atMost: 0.9 }])], start)

  it.each([
    '| many, cold | 500 | skopeo 800 | 0.63 | wall 0.63 ≤ 0.90 ✓ |',
    '| many, cold | regctl-js | 500 | 400 | 9000 | 0.63 | 0.45 | 80 | 0.30 | 3 + 5 |  |',
    '|  | crane -j 8 | 100 | 100 | 100 | 0.13 | 1.00 | 50 | 0.30 | 3 + 5 |  |',
    '|  | regctl | 10.0 | 10.0 | 10.0 | – | 1.00 | 50 | 0.30 | 3 + 5 | 1 of 1 fail: exit 1: reset \\| by peer |',
  ])('has the line %s', line => expect(report.split('\n')).toContain(line))

  it('says why a target is missed, by how much, and where nobody knows', () => {
    const titled = (title: string) => {
      const missed = result(all.rows, [{ figure: 'wall', of: 'crane', atMost: 0.3 }])
      return { ...missed, what: { ...missed.what, title } }
    }
    const lines = formatReport(['many, cold', 'multi, cold', 'other'].map(titled), start).split('\n- ')
    expect(lines[1]).toMatch(
      /^\*\*many, cold\*\*, wall of crane’s 0\.50 ≤ 0\.30; \*\*multi, cold\*\*, wall .* 0\.30: a start in Node/,
    )
    expect(lines[2]).toBe(
      '**other**, wall of crane’s 0.50 ≤ 0.30: for a reason that nobody has written down in bench/reasons.js yet.',
    )
    expect(report).toContain('No target is missed.')
  })

  it('knows reasons of cases that there are', () => {
    const titles = allCases(false).map(({ title }) => title)
    expect(Object.keys(reasons).filter(title => !titles.includes(title))).toEqual([])
  })

  it('says that we fail, and that nobody succeeds', () => {
    const failing = { ...ours, samples: broken.samples }
    expect(formatReport([result([failing, broken], [{ figure: 'moved', atMost: 1.1 }])], start)).toContain(
      '| many, cold | fails | none succeeds | – | bytes ≤ 1.10: no figure |',
    )
  })
})

describe('markdownTable', () => {
  it('keeps every row on its line', () =>
    expect(markdownTable(['a', 'b'], [['1|2', 'x\ny']])).toBe('| a | b |\n|---|---|\n| 1\\|2 | x y |'))
})

describe('replaceBetweenMarkers', () => {
  const page = (inside: string) => `# Title\n\n<!-- bench:begin -->${inside}<!-- bench:end -->\n\n## Start-up $1\n`

  it('replaces what is between them and nothing else', () =>
    expect(replaceBetweenMarkers(page('\nold\n'), 'new $& \n')).toBe(page('\n\nnew $&\n\n')))
  it('may be done again', () => {
    const once = replaceBetweenMarkers(page(''), 'new')
    expect(replaceBetweenMarkers(once, 'new')).toBe(once)
  })
  it.each(['# Title', '<!-- bench:end --><!-- bench:begin -->'])('refuses %j', text =>
    expect(() => replaceBetweenMarkers(text, 'new')).toThrow('lacks'),
  )
})
