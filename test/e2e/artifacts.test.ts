import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Distribution, findTool, realOrSkip, startDistribution } from '../helpers/real.ts'
import { type Machine, makeMachine } from './program.ts'
import { type Server, startServe } from './serving.ts'

/** A registry without the referrers API, and one that has it. */
const kinds = ['docker-registry', 'regctl serve'] as const

realOrSkip('docker-registry', 'oras')('artifacts, with oras on the other side', () => {
  let machine: Machine
  let old: Distribution
  let ours: Server
  beforeAll(async () => {
    machine = makeMachine()
    ;[old, ours] = await Promise.all([startDistribution(), startServe(machine.home)])
    mkdirSync(join(machine.home, 'dir'))
    writeFileSync(join(machine.home, 'a.txt'), 'hello')
    writeFileSync(join(machine.home, 'dir/b.json'), '{"b":1}')
    writeFileSync(join(machine.home, 'big.bin'), Buffer.alloc(3_000_000, 7))
  })
  afterAll(async () => {
    await Promise.all([old.stop(), ours.stop()])
    machine.remove()
  })

  const hostOf = (kind: (typeof kinds)[number]) => (kind === 'docker-registry' ? old.host : ours.host)
  const oras = async (...args: string[]) =>
    (await promisify(execFile)(findTool('oras') ?? '', args, { cwd: machine.home, env: { HOME: machine.home } })).stdout
  const read = (path: string) => readFileSync(join(machine.home, path), 'utf8')
  const files = ['a.txt:text/plain', 'dir/b.json:application/json', 'big.bin']
  const type = ['--artifact-type', 'application/vnd.example.thing']

  it.each(kinds)('oras pulls what we push, and we what oras pushes (%s)', async kind => {
    const place = `${hostOf(kind)}/team/thing`
    const { digest } = await machine.json(['artifact', 'push', `${place}:ours`, ...files, ...type])
    const out = `oras-${hostOf(kind)}`
    expect(await oras('pull', '--plain-http', `${place}:ours`, '-o', out)).toContain(String(digest))
    for (const path of ['a.txt', 'dir/b.json', 'big.bin']) expect(read(`${out}/${path}`)).toBe(read(path))

    await oras('push', '--plain-http', `${place}:theirs`, ...files, ...type)
    const back = await machine.json(['artifact', 'pull', `${place}:theirs`, '-o', `we-${out}`])
    expect(back.files).toHaveLength(3)
    for (const path of ['a.txt', 'dir/b.json', 'big.bin']) expect(read(`we-${out}/${path}`)).toBe(read(path))
  })

  it.each(kinds)('oras finds what we attach, and we what oras attaches (%s)', async kind => {
    const place = `${hostOf(kind)}/team/subject`
    await machine.json(['artifact', 'push', `${place}:v1`, 'a.txt', ...type])
    const ours = await machine.json([
      'artifact',
      'attach',
      `${place}:v1`,
      'a.txt',
      '--artifact-type',
      'application/vnd.ours',
    ])
    await oras('attach', '--plain-http', `${place}:v1`, 'a.txt', '--artifact-type', 'application/vnd.theirs')
    const found = JSON.parse(await oras('discover', '--plain-http', '--format', 'json', `${place}:v1`))
    const digests = found.referrers.map(({ digest }: { digest: string }) => digest)
    expect(digests).toHaveLength(2)
    expect(digests).toContain(ours.digest)
    const { referrers } = await machine.json(['artifact', 'list', `${place}:v1`])
    expect((referrers as { digest: string }[]).map(({ digest }) => digest).sort()).toEqual(digests.sort())
    // What is deleted is listed no more, by whom ever the list is kept (item 68).
    const gone = await machine.regctl(['delete', `${place}@${ours.digest}`, '--yes'])
    expect([gone.code, gone.stderr]).toEqual([0, ''])
    const left = await machine.json(['artifact', 'list', `${place}:v1`])
    expect((left.referrers as { digest: string }[]).map(({ digest }) => digest)).toEqual(
      digests.filter((digest: string) => digest !== ours.digest),
    )
  })

  it('both read the other one’s layout', async () => {
    await machine.json(['artifact', 'push', 'oci:layout:ours', 'a.txt', ...type])
    await oras('pull', '--oci-layout', 'layout:ours', '-o', 'from-layout')
    expect(read('from-layout/a.txt')).toBe('hello')
    await oras('push', '--oci-layout', 'layout:theirs', 'dir/b.json', ...type)
    await machine.json(['artifact', 'pull', 'oci:layout:theirs', '-o', 'to-layout'])
    expect(read('to-layout/dir/b.json')).toBe('{"b":1}')
  })

  it.each(['oci:carried', 'oci-archive:carried.tar'])(
    'an artifact with a subject keeps its digest through %s',
    async place => {
      const { digest } = await machine.json([
        'artifact',
        'attach',
        `${old.host}/team/subject:v1`,
        'dir/b.json',
        ...type,
      ])
      await machine.json(['copy', `${old.host}/team/subject@${digest}`, `${place}:it`])
      const target = `${ours.host}/back/${place.split(':')[0]}:it`
      const back = await machine.json(['copy', `${place}:it`, target])
      expect(back.digest).toBe(digest)
      const out = `out-${place.split(':')[0]}`
      const pulled = await machine.json(['artifact', 'pull', target, '-o', out])
      expect(pulled.digest).toBe(digest)
      expect(read(`${out}/dir/b.json`)).toBe('{"b":1}')
    },
  )

  it('attaches within an archive of a layout, and pulls from it', async () => {
    const place = 'oci-archive:attached.tar'
    const { digest } = await machine.json(['artifact', 'push', `${place}:v1`, 'a.txt', ...type])
    const sbom = await machine.json([
      'artifact',
      'attach',
      place,
      'dir/b.json',
      '--artifact-type',
      'application/vnd.sbom',
    ])
    expect(sbom.subject).toBe(digest)
    const { referrers } = await machine.json(['artifact', 'list', `${place}:v1`])
    expect(referrers).toMatchObject([{ digest: sbom.digest, artifactType: 'application/vnd.sbom' }])
    await machine.json(['artifact', 'pull', `${place}@${sbom.digest}`, '-o', 'from-archive'])
    expect(read('from-archive/dir/b.json')).toBe('{"b":1}')
  })
})
