import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { digestOf } from '../../src/model/digest.ts'
import { makeArtifact, makeImage, makeIndex, merge, type Sample } from '../helpers/images.ts'
import { makePodman, type Podman } from '../helpers/podman.ts'
import { realOrSkip } from '../helpers/real.ts'
import { skopeo, skopeoConfig, skopeoRaw } from '../helpers/skopeo.ts'
import { type Machine, makeMachine, program } from './program.ts'
import { lacking, pushSample, tagged } from './raw-registry.ts'
import { type Server, startServe } from './serving.ts'

const image = makeImage({ layers: [2000, 300_000] })
const sbom = makeArtifact({ artifactType: 'application/vnd.example.sbom', subject: image.root })
const signature = makeArtifact({ artifactType: 'application/vnd.example.signature', subject: sbom.root })
const samples: Record<string, Sample> = {
  image,
  docker: makeImage({ docker: true }),
  index: makeIndex({ platforms: ['linux/amd64', 'linux/arm64/v8'], attestations: true }),
  single: makeIndex({ platforms: ['linux/arm64/v8'], attestations: true }),
  artifact: makeArtifact({ artifactType: 'application/vnd.example.thing', subject: image.root }),
}
const withReferrers = merge(image, sbom, signature)

let machine: Machine
let from: Server
let to: Server
beforeAll(async () => {
  machine = makeMachine()
  ;[from, to] = await Promise.all([startServe(machine.home), startServe(machine.home)])
  for (const [tag, sample] of Object.entries(samples)) await pushSample(`${from.url}/v2/demo/app`, sample, tag)
  for (const each of [sbom, signature]) await pushSample(`${from.url}/v2/demo/app`, each, each.root.digest)
})
afterAll(async () => {
  await Promise.all([from.stop(), to.stop()])
  machine.remove()
})

const file = (name: string) => join(machine.home, name)
const source = (tag: string) => `${from.host}/demo/app:${tag}`

describe('registry to a place to a registry: the same digests', () => {
  const places: [string, (tag: string) => string, readonly string[]][] = [
    ['oci:', tag => `oci:layout:${tag}`, Object.keys(samples)],
    ['oci-archive:', tag => `oci-archive:layout.tar:${tag}`, Object.keys(samples)],
    ['docker-archive:', tag => `docker-archive:docker.tar:demo/app:${tag}`, ['image', 'docker', 'single']],
  ]
  const rows = places.flatMap(([scheme, place, tags]) => tags.map(tag => [scheme, tag, place(tag)] as const))

  it.each(rows)('%s %s', async (scheme, tag, place) => {
    const sample = samples[tag] ?? image
    expect(await machine.json(['copy', source(tag), place])).toMatchObject({ digest: sample.root.digest })
    expect(await machine.json(['digest', place])).toMatchObject({ digest: sample.root.digest })
    const repository = `from/${scheme.replace(':', '')}-${tag}`
    await machine.json(['copy', place, `${to.host}/${repository}:${tag}`])
    expect(await tagged(`${to.url}/v2/${repository}`, tag)).toBe(sample.root.digest)
    expect(await lacking(`${to.url}/v2/${repository}`, sample)).toEqual([])
  })

  it.each(['oci:referred', 'oci-archive:referred.tar'])('%s, referrers two deep', async place => {
    await machine.json(['copy', '--referrers', source('image'), `${place}:v1`])
    const repository = `from/${place.replace(/[:.]/g, '-')}`
    await machine.json(['copy', '--referrers', `${place}:v1`, `${to.host}/${repository}:v1`])
    expect(await lacking(`${to.url}/v2/${repository}`, withReferrers)).toEqual([])
  })

  it('through pipes, and gzip between', async () => {
    const { stderr } = await shell(
      `regctl copy ${source('index')} oci-archive:- | gzip | regctl copy oci-archive:- ${to.host}/from/pipe:v1`,
    )
    expect(stderr).toContain('oci-archive:-')
    expect(await tagged(`${to.url}/v2/from/pipe`, 'v1')).toBe(samples.index?.root.digest)
  })

  it('to several places at once, of which one cannot hold it and costs nothing', async () => {
    const { code, stdout } = await machine.regctl([
      'copy',
      source('index'),
      'oci-archive:both.tar',
      'docker-archive:both-docker.tar',
    ])
    expect({ code, said: stdout }).toEqual({ code: 8, said: expect.stringContaining('docker-archive:both-docker.tar') })
    expect(await machine.json(['digest', 'oci-archive:both.tar'])).toMatchObject({ digest: samples.index?.root.digest })
    expect(readdirSync(machine.home).filter(name => name.includes('both-docker'))).toEqual([])
  })

  it('one platform of many into a Docker archive, an index of one', async () => {
    const copied = await machine.json(['copy', source('index'), 'docker-archive:arm.tar', '--platform', 'linux/arm64'])
    expect(await machine.json(['digest', 'docker-archive:arm.tar'])).toMatchObject({ digest: copied.digest })
    expect((await machine.regctl(['tags', 'docker-archive:arm.tar'])).stdout).toBe(`${from.host}/demo/app:index\n`)
  })
})

describe('standard output', () => {
  it('has the archive that a file has, and nothing else; the summary is on stderr', async () => {
    for (const scheme of ['oci-archive', 'docker-archive']) {
      await machine.json(['copy', source('image'), `${scheme}:${scheme}.tar`])
      const { stderr } = await shell(`regctl copy ${source('image')} ${scheme}:- > ${scheme}.out`)
      expect(digestOf(readFileSync(file(`${scheme}.out`)))).toBe(digestOf(readFileSync(file(`${scheme}.tar`))))
      expect(stderr).toContain(image.root.digest)
    }
  })

  it('whose reader goes is a failure, told once', async () => {
    const { stderr, code } = await shell(
      `bash -c 'set -o pipefail; regctl copy ${source('image')} oci-archive:- | head -c 1000 >/dev/null'`,
    )
    expect(code).toBe(1)
    expect(stderr.match(/error: /g)).toHaveLength(1)
  })
})

describe('what goes wrong', () => {
  const rows: [string, () => string[], number, RegExp][] = [
    ['no such file', () => ['tags', 'oci-archive:none.tar'], 3, /there is no none.tar/],
    ['no such folder', () => ['copy', source('image'), 'oci-archive:no/such/x.tar'], 3, /no\/such/],
    ['a name that is not there', () => ['inspect', 'oci-archive:some.tar:v9'], 3, /its tags are v1/],
    [
      'an image that is not there',
      () => ['inspect', 'docker-archive:some-docker.tar:demo/none'],
      3,
      /its tags are demo\/app:1/,
    ],
    ['a file that is no tar', () => ['inspect', 'oci-archive:text.tar'], 7, /no tar archive/],
    ['a folder', () => ['inspect', `oci-archive:${machine.home}`], 7, /write oci:/],
    ['the other kind', () => ['inspect', 'docker-archive:some.tar'], 7, /use oci-archive:some.tar/],
    ['several images and no name', () => ['inspect', 'oci-archive:several.tar'], 7, /could mean 2 images/],
    [
      'a device as destination',
      () => ['copy', source('image'), 'oci-archive:/dev/null'],
      2,
      /is no file.*oci-archive:-/s,
    ],
    [
      'an archive that is compressed, as destination',
      () => ['copy', source('image'), 'oci-archive:some.tar.gz'],
      1,
      /is compressed/,
    ],
    [
      '--json beside an archive on standard output',
      () => ['copy', '--json', source('image'), 'docker-archive:-'],
      2,
      /both go to standard output/,
    ],
    [
      'two archives on standard output',
      () => ['copy', source('image'), 'docker-archive:-', 'oci-archive:-'],
      2,
      /takes one archive/,
    ],
    [
      'several platforms for Docker',
      () => ['copy', source('index'), 'docker-archive:new.tar'],
      1,
      /one platform.*--platform linux\/amd64/s,
    ],
    ['an artifact for Docker', () => ['copy', source('artifact'), 'docker-archive:new.tar'], 1, /artifact/],
    [
      'a digest in a Docker archive',
      () => ['inspect', `docker-archive:some.tar:x@${image.root.digest}`],
      2,
      /no digests/,
    ],
    ['an empty pipe', () => ['inspect', 'oci-archive:-'], 7, /standard input is empty/],
  ]
  beforeAll(async () => {
    await machine.json(['copy', source('image'), 'oci-archive:some.tar:v1'])
    await machine.json(['copy', source('image'), 'docker-archive:some-docker.tar:demo/app:1'])
    for (const tag of ['image', 'docker']) await machine.json(['copy', source(tag), `oci-archive:several.tar:${tag}`])
    writeFileSync(file('some.tar.gz'), gzipSync(readFileSync(file('some.tar'))))
    writeFileSync(file('text.tar'), 'hello\n'.repeat(500))
  })

  it.each(rows)('%s', async (_name, args, code, told) => {
    const run = await machine.regctl(args())
    expect({ code: run.code, said: run.stderr + run.stdout }).toEqual({ code, said: expect.stringMatching(told) })
    expect(readdirSync(machine.home).filter(name => name.startsWith('new') || name.includes('staging'))).toEqual([])
  })
})

realOrSkip('skopeo')('skopeo', () => {
  it('reads what we write', async () => {
    await machine.json(['copy', source('index'), 'oci-archive:for-skopeo.tar:v1'])
    expect(await skopeoRaw(`oci-archive:${file('for-skopeo.tar')}:v1`)).toEqual(bytesOf(samples.index))
    for (const tag of ['image', 'docker', 'single'])
      await machine.json(['copy', source(tag), `docker-archive:for-skopeo-docker.tar:demo/app:${tag}`])
    for (const tag of ['image', 'docker'] as const) {
      const place = `docker-archive:${file('for-skopeo-docker.tar')}:demo/app:${tag}`
      expect(await skopeoConfig(place)).toEqual([...(samples[tag]?.contents.values() ?? [])][0]?.bytes)
      await skopeo('copy', '--quiet', place, `oci:${file('skopeo-read')}:${tag}`)
    }
  })

  it('writes what we read: an oci-archive with the same digests, a docker-archive with the same image id', async () => {
    await machine.json(['copy', source('index'), 'oci:given:index'])
    await machine.json(['copy', source('image'), 'oci:given:image'])
    await skopeo(
      'copy',
      '--all',
      '--quiet',
      '--preserve-digests',
      `oci:${file('given')}:index`,
      `oci-archive:${file('theirs.tar')}:v1`,
    )
    expect(await machine.json(['copy', 'oci-archive:theirs.tar:v1', `${to.host}/from/skopeo:index`])).toMatchObject({
      digest: samples.index?.root.digest,
    })
    expect(await lacking(`${to.url}/v2/from/skopeo`, samples.index ?? image)).toEqual([])
    await skopeo(
      'copy',
      '--quiet',
      `oci:${file('given')}:image`,
      `docker-archive:${file('theirs-docker.tar')}:demo/app:1`,
    )
    await machine.json(['copy', 'docker-archive:theirs-docker.tar', `${to.host}/from/skopeo:image`])
    expect(await machine.json(['inspect', `${to.host}/from/skopeo:image`])).toMatchObject({
      id: [...image.contents.keys()][0],
      layers: [
        { mediaType: 'application/vnd.oci.image.layer.v1.tar' },
        { mediaType: 'application/vnd.oci.image.layer.v1.tar' },
      ],
    })
  })
})

realOrSkip('podman')('podman', () => {
  let podman: Podman
  beforeAll(() => {
    podman = makePodman()
  })
  afterAll(() => podman.remove())
  const [id = ''] = [...image.contents.keys()].map(digest => digest.slice('sha256:'.length))

  it('loads what we write, from a file and from a pipe', async () => {
    await machine.json(['copy', source('image'), 'docker-archive:for-podman.tar:quay.io/demo/file:1'])
    await machine.json(['copy', source('single'), 'docker-archive:for-podman.tar:quay.io/demo/single:1'])
    await podman.run('load', '-i', file('for-podman.tar'))
    await machine.json(['copy', source('image'), 'oci-archive:for-podman-oci.tar:v1'])
    await podman.run('load', '-i', file('for-podman-oci.tar'))
    const listed = await podman.run('images', '--no-trunc', '--format', '{{.Repository}}:{{.Tag}} {{.ID}}')
    expect(listed.split('\n')).toEqual(expect.arrayContaining([`quay.io/demo/file:1 sha256:${id}`]))
    expect(listed).toContain('quay.io/demo/single:1 ')
  })

  it('saves what we read, in both formats', async () => {
    await podman.run('save', '--quiet', '-o', file('saved.tar'), 'quay.io/demo/file:1')
    expect(await machine.json(['inspect', 'docker-archive:saved.tar:quay.io/demo/file:1'])).toMatchObject({
      id: `sha256:${id}`,
    })
    await machine.json(['copy', 'docker-archive:saved.tar', `${to.host}/from/podman:1`])
    await podman.run('save', '--quiet', '--format', 'oci-archive', '-o', file('saved-oci.tar'), 'quay.io/demo/file:1')
    await machine.json(['copy', 'oci-archive:saved-oci.tar', `${to.host}/from/podman:2`])
    await podman.run('save', '--quiet', '-m', '-o', file('many.tar'), 'quay.io/demo/file:1', 'quay.io/demo/single:1')
    const { stdout } = await machine.regctl(['tags', 'docker-archive:many.tar'])
    expect(stdout.split('\n').sort()).toEqual(['', 'quay.io/demo/file:1', 'quay.io/demo/single:1'])
  })
})

function bytesOf(sample: Sample | undefined): Buffer | undefined {
  return sample?.contents.get(sample.root.digest)?.bytes
}

/** A command line of a shell in which `regctl` is the built program. */
async function shell(line: string): Promise<{ stderr: string; code: number }> {
  const bin = join(machine.home, 'bin-regctl')
  writeFileSync(bin, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, { mode: 0o755 })
  const env = { PATH: process.env.PATH, HOME: machine.home }
  const command = line.replaceAll('regctl ', `${bin} `)
  return promisify(execFile)('sh', ['-c', command], { cwd: machine.home, env, timeout: 60_000 }).then(
    ({ stderr }) => ({ stderr, code: 0 }),
    ({ stderr, code }: { stderr: string; code: number }) => ({ stderr, code }),
  )
}
