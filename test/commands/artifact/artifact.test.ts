import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { layoutStore } from '../../../src/store/layout.ts'
import { runCli } from '../../helpers/cli.ts'
import { makeImage, makeIndex, seed } from '../../helpers/images.ts'

const folder = mkdtempSync(join(tmpdir(), 'regctl-artifact-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const at = (name: string) => join(folder, name)
const layout = `oci:${at('layout')}`
const subject = makeImage()
const index = makeIndex({ platforms: ['linux/amd64', 'linux/arm64'] })

beforeAll(async () => {
  writeFileSync(at('a.txt'), 'hello')
  writeFileSync(at('b.json'), '{}!')
  writeFileSync(
    at('notes.json'),
    JSON.stringify({ $manifest: { m: '1' }, $config: { c: '2' }, [at('a.txt')]: { f: '3' } }),
  )
  await seed(layoutStore(at('layout')), subject, 'v1')
  await seed(layoutStore(at('layout')), index, 'index')
})

const run = (...args: string[]) => runCli(['artifact', ...args])
const json = async (...args: string[]) => {
  const { stdout, stderr } = await run(...args, '--json')
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

describe('wrong input', () => {
  it.each<[string, string[], number, string]>([
    ['nothing to push to', ['push'], 2, 'USAGE'],
    ['a bad place', ['push', 'UPPER/case', 'a.txt'], 2, 'REFERENCE_INVALID'],
    ['a digest to push to', ['push', `${layout}@${subject.root.digest}`], 2, 'USAGE'],
    ['a file that is not there', ['push', `${layout}:x`, at('missing')], 3, 'NOT_FOUND'],
    ['a folder', ['push', `${layout}:x`, folder], 2, 'USAGE'],
    ['a bad type', ['push', `${layout}:x`, '--artifact-type', 'sbom'], 2, 'USAGE'],
    ['a bad annotation', ['push', `${layout}:x`, '--annotation', 'no'], 2, 'USAGE'],
    ['stdin twice', ['push', `${layout}:x`, '-', '-:text/plain'], 2, 'USAGE'],
    ['no annotation file', ['push', `${layout}:x`, '--annotation-file', at('missing')], 3, 'NOT_FOUND'],
    [
      'an annotation file that is none',
      ['push', `${layout}:x`, '--annotation-file', at('a.txt')],
      7,
      'CONTENT_INVALID',
    ],
    ['a subject elsewhere', ['push', `${layout}:x`, '--subject', `oci:${at('other')}:v1`], 2, 'USAGE'],
    ['a subject that is not there', ['push', `${layout}:x`, '--subject', `${layout}:missing`], 3, 'NOT_FOUND'],
    ['an unknown flag', ['push', `${layout}:x`, '--nope'], 2, 'USAGE'],
    ['no type', ['attach', `${layout}:v1`, at('a.txt')], 2, 'USAGE'],
    ['a subject that is not there', ['attach', `${layout}:missing`, '--artifact-type', 'a/b'], 3, 'NOT_FOUND'],
    [
      'a platform it lacks',
      ['attach', `${layout}:index`, '--artifact-type', 'a/b', '--platform', 'linux/s390x'],
      3,
      'NOT_FOUND',
    ],
    ['nothing to pull', ['pull'], 2, 'USAGE'],
    ['an artifact that is not there', ['pull', `${layout}:missing`], 3, 'NOT_FOUND'],
    ['an index without --platform', ['pull', `${layout}:index`, '-o', at('never')], 2, 'USAGE'],
    ['a file it lacks', ['pull', `${layout}:v1`, '--file', 'x', '-o', at('never')], 3, 'NOT_FOUND'],
    ['nothing to list', ['list'], 2, 'USAGE'],
    ['an image that is not there', ['list', `${layout}:missing`], 3, 'NOT_FOUND'],
    ['a bad type to filter by', ['list', `${layout}:v1`, '--artifact-type', 'sbom'], 2, 'USAGE'],
    ['an image that is not there', ['tree', `${layout}:missing`], 3, 'NOT_FOUND'],
    ['no depth', ['tree', `${layout}:v1`, '--depth', '0'], 2, 'USAGE'],
    ['a bad platform', ['tree', `${layout}:v1`, '--platform', '?'], 2, 'USAGE'],
    ['several to stdout', ['pull', `${layout}:v1`, '--stdout'], 2, 'USAGE'],
  ])('%s: artifact %j ends with %i', async (_what, args, exit, code) => {
    const { stdout, code: got } = await run(...args, ...(args.includes('--stdout') ? [] : ['--json']))
    expect(got).toBe(exit)
    if (stdout !== '') expect(JSON.parse(stdout).error).toMatchObject({ code, exit })
  })
})

it('pushes, and pulls the same files', async () => {
  const flags = ['--artifact-type', 'application/vnd.x', '--annotation', 'k=v=w', '--annotation-file', at('notes.json')]
  const pushed = await json('push', `${layout}:files`, `${at('a.txt')}:text/plain`, at('b.json'), ...flags)
  expect(pushed).toMatchObject({
    reference: `${layout}:files`,
    repository: layout,
    artifactType: 'application/vnd.x',
    subject: null,
    files: [
      { title: 'a.txt', mediaType: 'text/plain', size: 5 },
      { title: 'b.json', mediaType: 'application/octet-stream' },
    ],
  })
  const { stdout } = await runCli(['inspect', `${layout}:files`, '--raw'])
  expect(JSON.parse(stdout)).toMatchObject({
    annotations: { m: '1', k: 'v=w' },
    layers: [{ annotations: { f: '3', 'org.opencontainers.image.title': 'a.txt' } }, {}],
  })
  const pulled = await json('pull', `${layout}:files`, '-o', at('out'))
  expect(pulled.files.map((file: { path: string }) => file.path)).toEqual([at('out/a.txt'), at('out/b.json')])
  const again = await run('pull', `${layout}:files`, '-o', at('out'))
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('--overwrite')])
  expect((await run('pull', `${layout}:files`, '-o', at('out'), '--overwrite')).code).toBe(0)
})

it('takes a file from a pipe, and gives one to a pipe, byte for byte', async () => {
  const { stdout, code } = await runCli(['artifact', 'push', `${layout}:piped`, '-:text/plain'], {
    input: 'pipe\u0000d',
  })
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^oci:.*@sha256:[0-9a-f]{64}\n$/)])
  const out = await run('pull', `${layout}:piped`, '--stdout')
  expect(out).toMatchObject({ code: 0, stdout: 'pipe\u0000d', stderr: '' })
})

it('attaches to an image, to one platform of an index, and twice without a change', async () => {
  const attach = (...more: string[]) => json('attach', ...more, at('a.txt'), '--artifact-type', 'application/vnd.x')
  const [once, twice] = [await attach(`${layout}:v1`), await attach(`${layout}:v1`)]
  expect(once).toEqual(twice)
  expect(once).toMatchObject({ reference: `${layout}@${once.digest}`, subject: subject.root.digest })
  const { subject: chosen } = await attach(`${layout}:index`, '--platform', 'linux/arm64')
  expect([...index.contents.keys()]).toContain(chosen)
  expect(chosen).not.toBe(index.root.digest)
  const pushed = await json('push', layout, at('a.txt'), '--subject', subject.root.digest)
  expect(pushed.reference).toBe(`${layout}@${pushed.digest}`)
})

it('lists and draws what belongs to an image', async () => {
  const sbom = await json(
    'attach',
    `${layout}:v1`,
    at('b.json'),
    '--artifact-type',
    'application/vnd.sbom',
    '--annotation',
    'k=v',
  )
  await json('attach', `${layout}@${sbom.digest}`, at('a.txt'), '--artifact-type', 'application/vnd.of-sbom')
  const listed = await json('list', `${layout}:v1`, '--artifact-type', 'application/vnd.sbom')
  expect(listed).toMatchObject({
    reference: `${layout}:v1`,
    digest: subject.root.digest,
    referrers: [{ digest: sbom.digest, artifactType: 'application/vnd.sbom', created: null, annotations: { k: 'v' } }],
  })
  const { stdout } = await run('tree', `${layout}:v1`, '--artifact-type', 'application/vnd.sbom')
  expect(stdout).toBe(`${layout}:v1  ${subject.root.digest}\n\`- application/vnd.sbom  ${sbom.digest}\n`)
  const tree = await json('tree', `${layout}:v1`)
  const below = tree.children.find(({ digest }: { digest: string }) => digest === sbom.digest)
  expect(below.children).toMatchObject([
    { relation: 'referrer', artifactType: 'application/vnd.of-sbom', children: [] },
  ])
  expect(listed.referrers[0]).toMatchObject({ fileSize: 3, size: sbom.size })
  expect((await run('list', `${layout}:v1`)).stdout).toMatch(
    /^TYPE +SIZE +DIGEST +ANNOTATIONS\n(.*\n)*application\/vnd.sbom +3 B +sha256/,
  )
  expect((await run('list', `${layout}:index`)).stdout).toBe(`nothing refers to ${layout}:index\n`)
})
