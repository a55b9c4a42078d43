import { expect, it } from 'vitest'
import { diffReports } from '../../src/image/diff.ts'
import type { ImageReport, IndexReport } from '../../src/image/inspect.ts'
import { digestOf } from '../../src/model/digest.ts'
import { diffPage } from '../../src/output/diff-page.ts'
import { styleFor } from '../../src/output/style.ts'

const pipe = styleFor({}, {})
const terminal = styleFor({ isTTY: true, columns: 40 }, { LANG: 'C.UTF-8' })
const digest = (text: string) => digestOf(Buffer.from(text))

function image(
  name: string,
  layers: readonly (readonly [string, number])[],
  more: Partial<ImageReport> = {},
): ImageReport {
  return {
    reference: `registry.test/app:${name}`,
    digest: digest(name),
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    id: digest(`config ${name}`),
    size: 50 + layers.reduce((sum, [, size]) => sum + size, 0),
    os: 'linux',
    architecture: 'amd64',
    variant: null,
    created: null,
    config: { entrypoint: [], cmd: [], env: [], workdir: '', user: '', exposedPorts: [], volumes: [], labels: {} },
    layers: layers.map(([text, size]) => ({ digest: digest(text), mediaType: 'x', size, createdBy: `RUN ${text}` })),
    history: [],
    annotations: {},
    artifactType: null,
    subject: null,
    ...more,
  }
}
const config = image('x', []).config ?? undefined
const before = image(
  '1',
  [
    ['base', 2048],
    ['old', 1024],
  ],
  config && { config: { ...config, cmd: ['sh'], env: ['A=1'] } },
)
const after = image(
  '2',
  [
    ['base', 2048],
    ['new', 3072],
  ],
  config && { config: { ...config, env: ['A=2', 'B=\u001b[2J'], exposedPorts: ['80/tcp'] } },
)

it('of two images', () => {
  expect(diffPage(diffReports(before, after), pipe)).toBe(`- registry.test/app:1 ${digest('1')}
+ registry.test/app:2 ${digest('2')}

Size  3.0 KiB -> 5.0 KiB (+2.0 KiB); who has the first pulls 3.0 KiB

Layers  1 layer in common (2.0 KiB), 1 removed, 1 added
- ${digest('old').slice(0, 19)}     1.0 KiB  RUN old
+ ${digest('new').slice(0, 19)}     3.0 KiB  RUN new

- Command       ["sh"]
- Environment   A=1
+ Environment   A=2
+ Environment   B=\\x1b[2J
+ Port          80/tcp`)
})

it('of two indexes', () => {
  const index = (name: string, platforms: string[]): IndexReport => ({
    reference: `registry.test/app@${digest(name)}`,
    digest: digest(name),
    mediaType: 'application/vnd.oci.image.index.v1+json',
    size: 2048,
    annotations: {},
    artifactType: null,
    subject: null,
    platforms: platforms.map(text => {
      const [platform = ''] = text.split(' ')
      return { platform, digest: digest(text), mediaType: 'x', id: null, size: 1024, created: null }
    }),
  })
  const diff = diffReports(
    index('1', ['linux/amd64', 'linux/arm64 a']),
    index('2', ['linux/amd64', 'linux/arm64 b', 'linux/s390x']),
  )
  const line = (mark: string, platform: string, text: string) =>
    `${mark} ${platform}     1.0 KiB  ${digest(text).slice(0, 19)}`
  expect(diffPage(diff, pipe)).toBe(
    [
      `- registry.test/app@${digest('1')}`,
      `+ registry.test/app@${digest('2')}`,
      '',
      'Size  2.0 KiB, as before',
      '',
      'Platforms  1 the same, 1 changed, 0 removed, 1 added',
      line('-', 'linux/arm64', 'linux/arm64 a'),
      line('+', 'linux/arm64', 'linux/arm64 b'),
      line('+', 'linux/s390x', 'linux/s390x'),
    ].join('\n'),
  )
})

it('of what is the same', () => {
  expect(diffPage(diffReports(before, { ...before, reference: 'elsewhere.test/app' }), pipe)).toBe(
    `the same: ${digest('1')}`,
  )
})

it('T14: in colour, cut where the terminal ends, escaped', () => {
  const page = diffPage(diffReports(before, after), terminal)
  expect(page).toContain('\u001b[31m- Command       ["sh"]\u001b[39m')
  expect(page).toContain('\u001b[32m+ Environment   B=\\x1b[2J\u001b[39m')
  for (const line of page.split('\n')) {
    const shown = line.replace(/\u001b\[\d+m/g, '')
    if (/^[-+] (?!registry)/.test(shown)) expect(shown.length).toBeLessThanOrEqual(40)
  }
  expect(page).toContain('…')
  expect(page).toContain(digest('1'))
})
