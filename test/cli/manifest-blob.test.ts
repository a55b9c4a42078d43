import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { digestOf } from '../../src/model/digest.ts'
import { layoutStore } from '../../src/store/layout.ts'
import type { Store } from '../../src/store/store.ts'
import { type CliOptions, runCli } from '../helpers/cli.ts'
import { testClient } from '../helpers/client.ts'
import { makeImage, makeIndex, randomBlob, seed } from '../helpers/images.ts'
import { realOrSkip } from '../helpers/real.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { runOnTerminal } from '../helpers/terminal.ts'

const index = makeIndex({ platforms: ['linux/amd64', 'linux/arm64/v8'] })
const image = makeImage()
const bytesOf = (digest: string) =>
  (image.contents.get(digest as never) ?? index.contents.get(digest as never))?.bytes ?? Buffer.alloc(0)
const manifest = bytesOf(image.root.digest)
const [layer = randomBlob(1)] = [...image.contents.values()].filter(({ descriptor }) =>
  descriptor.mediaType.includes('layer'),
)
const arm = JSON.parse(bytesOf(index.root.digest).toString()).manifests[1]

let server: TestServer
let damage = false
let folder: string
beforeAll(async () => {
  server = await startServer({
    wrap: handler => (req, res) => {
      if (damage && req.method === 'GET' && req.url?.includes('/blobs/')) {
        const wrong = Buffer.from(layer.bytes)
        wrong.writeUInt8(wrong.readUInt8(10) ^ 1, 10)
        res.writeHead(200, { 'content-length': wrong.length }).end(wrong)
      } else handler(req, res)
    },
  })
})
beforeEach(() => {
  damage = false
  folder = mkdtempSync(join(tmpdir(), 'regctl-manifest-'))
  return () => rmSync(folder, { recursive: true, force: true })
})
afterAll(() => server.close())

/** The same repository as a registry and as a layout have it; `REPO` in a line is its name. */
let made = 0
async function seeded(kind: string): Promise<{ name: string; store: Store }> {
  const name = kind === 'registry' ? `${server.host}/demo/app-${made++}` : `oci:${folder}/layout`
  const store =
    kind === 'registry'
      ? (await (await testClient()).open(name, { change: true })).store
      : layoutStore(`${folder}/layout`)
  await seed(store, index, 'index')
  await seed(store, image, 'image')
  return { name, store }
}
const fill = (line: string, name: string) =>
  line
    .replaceAll('REPO', name)
    .replaceAll('LAYER', layer.descriptor.digest)
    .replaceAll('IMAGE', image.root.digest)
    .replaceAll('DIR', folder)
    .split(' ')

describe.each(['registry', 'layout'])('in a %s', kind => {
  let name: string
  let store: Store
  beforeEach(async () => {
    const made = await seeded(kind)
    name = made.name
    store = made.store
  })
  const regctl = (line: string, options?: CliOptions) => runCli(fill(line, name), options)

  it.each([
    'manifest get REPO:image',
    'manifest REPO@IMAGE',
    'manifest fetch REPO:image',
    'manifest inspect REPO:image',
    'image manifest REPO:image',
  ])('%s prints the exact bytes', async line => {
    expect(await regctl(line)).toEqual({ code: 0, stdout: manifest.toString(), stderr: '' })
  })

  it('manifest get --platform, --pretty, --json', async () => {
    const { stdout } = await regctl('manifest get REPO:index --platform linux/arm64')
    expect(digestOf(Buffer.from(stdout))).toBe(arm.digest)
    expect((await regctl('manifest get REPO:image --pretty')).stdout).toBe(
      `${JSON.stringify(JSON.parse(manifest.toString()), null, 2)}\n`,
    )
    expect(JSON.parse((await regctl('manifest get REPO:image --json')).stdout)).toEqual({
      reference: `${name}:image`,
      ...image.root,
      manifest: JSON.parse(manifest.toString()),
    })
  })

  it('manifest head', async () => {
    const { digest, mediaType, size } = image.root
    expect((await regctl('manifest head REPO:image')).stdout).toBe(`${digest} ${mediaType} ${size}\n`)
    const head = JSON.parse((await regctl('manifest head REPO:index --platform linux/arm64 --json')).stdout)
    expect(head).toMatchObject({ reference: `${name}:index`, digest: arm.digest, size: arm.size })
  })

  it.each(['manifest put REPO:new DIR/m.json', 'manifest put REPO:new', 'manifest push REPO:new -'])(
    '%s',
    async line => {
      writeFileSync(join(folder, 'm.json'), manifest)
      const { code, stdout } = await regctl(line, { input: manifest.toString() })
      expect({ code, stdout }).toEqual({ code: 0, stdout: `${image.root.digest}\n${name}:new\n` })
      expect(await store.resolve('new')).toEqual(image.root)
    },
  )

  it('manifest put by digest, and as JSON', async () => {
    for (const line of ['manifest put REPO@IMAGE --json', 'manifest put REPO --by-digest --json']) {
      const { stdout } = await regctl(line, { input: manifest.toString() })
      expect(JSON.parse(stdout)).toEqual({ reference: `${name}@${image.root.digest}`, ...image.root })
    }
  })

  it('manifest put names what is missing (item 49)', async () => {
    const other = makeImage()
    const [config] = [...other.contents.values()]
    const content = other.contents.get(other.root.digest)?.bytes ?? ''
    const { code, stderr } = await regctl('manifest put REPO:new', { input: content.toString() })
    expect(code).toBe(3)
    expect(stderr).toContain(config?.descriptor.digest)
    expect(stderr).toContain('hint: put that first: regctl blob put')
  })

  it('T28: manifest delete shows the tags, and wants agreement', async () => {
    await store.push(image.root, async () => (await import('node:stream')).Readable.from([manifest]), { tag: 'second' })
    const refused = await regctl('manifest delete REPO@IMAGE')
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('2 tags: image, second')])
    const { stdout } = await regctl('manifest delete REPO@IMAGE --yes --json')
    expect(JSON.parse(stdout)).toMatchObject({ manifests: [{ ...image.root }], tags: ['image', 'second'] })
    expect((await regctl('manifest delete REPO@IMAGE --yes')).code).toBe(3)
    expect((await regctl('manifest rm REPO@IMAGE --yes --ignore-missing')).code).toBe(0)
  })

  it('blob head, blob get', async () => {
    const { digest, size } = layer.descriptor
    expect((await regctl('blob head REPO@LAYER')).stdout).toBe(`${digest} ${size}\n`)
    const json = { repository: name, mediaType: 'application/octet-stream', digest, size }
    expect(JSON.parse((await regctl('blob head REPO@LAYER --json')).stdout)).toEqual(json)
    const saved = await regctl('blob get REPO@LAYER -o DIR/layer --json')
    expect(JSON.parse(saved.stdout)).toEqual({ ...json, file: `${folder}/layer` })
    expect(readFileSync(`${folder}/layer`).equals(layer.bytes)).toBe(true)
  })

  it.each(['blob get REPO@LAYER', 'blob REPO@LAYER', 'blob fetch REPO@LAYER -o -'])(
    '%s: its bytes through a pipe',
    async line => {
      const child = spawn(process.execPath, ['bin/run.js', ...fill(line, name)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const chunks: Buffer[] = []
      child.stdout.on('data', chunk => chunks.push(chunk))
      const [code] = await once(child, 'close')
      expect([code, Buffer.concat(chunks).equals(layer.bytes)]).toEqual([0, true])
    },
  )

  it.each(['blob put REPO DIR/new', 'blob put REPO', 'blob push REPO -'])('%s', async line => {
    const content = 'new content'
    const digest = digestOf(Buffer.from(content))
    writeFileSync(`${folder}/new`, content)
    expect(await regctl(line, { input: content })).toEqual({ code: 0, stdout: `${digest}\n`, stderr: '' })
    expect((await regctl(`blob get REPO@${digest}`)).stdout).toBe(content)
    const again = await regctl(`${line} --digest ${digest} --json`, { input: content })
    expect(JSON.parse(again.stdout)).toMatchObject({ repository: name, digest, size: 11, outcome: 'present' })
  })

  it('tells of the bytes on their way', async () => {
    writeFileSync(`${folder}/new`, 'some content')
    const typesOf = async (line: string) => {
      const { stderr } = await regctl(`${line} --progress json`)
      return stderr.split('\n').flatMap(each => (each ? [JSON.parse(each).type] : []))
    }
    const moves = ['found', 'started', 'moved', 'done']
    expect(await typesOf('blob put REPO DIR/new')).toEqual(['reading', ...moves])
    expect(await typesOf('blob get REPO@LAYER -o DIR/layer')).toEqual(moves)
  })

  it('T11: blob put refuses what is not the digest, and sends nothing', async () => {
    server.requests.length = 0
    for (const line of ['blob put REPO@LAYER', 'blob put REPO --digest LAYER']) {
      const { code, stdout, stderr } = await regctl(line, { input: 'something else' })
      expect({ code, stdout }).toEqual({ code: 7, stdout: '' })
      expect(stderr).toContain('nothing was sent')
    }
    expect(server.requests).toEqual([])
  })

  it('blob put under another algorithm', async () => {
    const digest = digestOf(Buffer.from('content'), 'sha512')
    expect((await regctl(`blob put REPO --digest ${digest}`, { input: 'content' })).stdout).toBe(`${digest}\n`)
  })

  it('blob delete wants agreement', async () => {
    const refused = await regctl('blob delete REPO@LAYER')
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('could not be pulled any more')])
    expect((await regctl('blob head REPO@LAYER')).code).toBe(0)
    expect((await regctl('blob delete REPO@LAYER --yes')).stdout).toBe(
      `deleted ${layer.descriptor.digest} of ${name}\n`,
    )
    expect((await regctl('blob delete REPO@LAYER --yes')).code).toBe(3)
    expect((await regctl('blob rm REPO@LAYER --yes --ignore-missing --json')).code).toBe(0)
  })

  it.each([
    ['manifest get', 2, 'needs IMAGE'],
    ['manifest get REPO:nobody', 3, 'nobody'],
    ['manifest get REPO:index --platform linux/s390x', 3, 'has no image for linux/s390x'],
    ['manifest get REPO:index --platform linux/arm64/v8/x', 2, 'platform'],
    ['manifest head REPO:nobody', 3, 'nobody'],
    ['manifest put REPO', 2, 'names no tag'],
    ['manifest put REPO:x DIR/no-such-file', 3, 'no-such-file'],
    ['manifest put REPO:x --by-digest', 2, '--by-digest sets none'],
    ['manifest put REPO:x --content-type text/html', 2, 'is not a type of manifests'],
    ['manifest put REPO:x --content-type application/vnd.oci.image.index.v1+json', 7, 'calls itself'],
    [`manifest put REPO@sha256:${'0'.repeat(64)}`, 7, 'cannot hold this manifest'],
    ['manifest delete REPO:image --yes', 2, 'a digest is wanted'],
    ['manifest delete REPO --yes', 2, 'names no digest'],
    ['blob get REPO', 2, 'names no digest'],
    ['blob get REPO:image', 2, 'a digest is wanted'],
    ['blob get REPO@LAYER -o DIR/no/such/folder', 3, 'there is no folder DIR/no/such'],
    [`blob get REPO@sha256:${'0'.repeat(64)}`, 3, 'has no blob'],
    [`blob head REPO@sha256:${'0'.repeat(64)}`, 3, 'has no blob'],
    ['blob head REPO@sha256:0', 2, 'not a digest'],
    ['blob put REPO:tag', 2, 'a digest is wanted'],
    ['blob put REPO DIR/no-such-file', 3, 'no-such-file'],
    ['blob put REPO --digest sha256:x', 2, 'is not a digest'],
    [`blob put REPO@blake3:${'0'.repeat(64)}`, 2, 'cannot be computed'],
    [`blob put REPO --digest blake3:${'0'.repeat(64)}`, 2, 'cannot be computed'],
    [`blob put REPO@LAYER --digest sha256:${'0'.repeat(64)}`, 2, 'name two digests'],
    ['blob delete REPO:image --yes', 2, 'a digest is wanted'],
  ])('%s ends with %i', async (line, exit, message) => {
    const { code, stdout, stderr } = await regctl(line, { input: manifest.toString() })
    expect({ code, stdout }).toEqual({ code: exit, stdout: '' })
    expect(stderr.replaceAll(folder, 'DIR')).toContain(message)
  })

  it('blob get --json has something to tell only of a file', async () => {
    const { code, stdout } = await regctl('blob get REPO@LAYER --json')
    expect([code, JSON.parse(stdout).error]).toMatchObject([
      2,
      { code: 'USAGE', hint: expect.stringContaining('-o FILE') },
    ])
  })
})

describe('T11: a blob that is damaged on its way', () => {
  it('gets no name, and ends with 7', async () => {
    const { name } = await seeded('registry')
    damage = true
    const { code, stderr } = await runCli(fill('blob get REPO@LAYER -o DIR/layer', name))
    expect(code).toBe(7)
    expect(stderr).toContain('does not match')
    expect(readdirSync(folder)).toEqual([])
  })

  it('through a pipe is cut short, is told of, and ends with 7', async () => {
    const { name } = await seeded('registry')
    damage = true
    const { code, stdout, stderr } = await runCli(fill('blob get REPO@LAYER', name))
    expect(code).toBe(7)
    expect(Buffer.from(stdout).length).toBeLessThan(layer.bytes.length)
    expect(stderr).toContain('what was written to stdout is cut short and wrong')
  })
})

realOrSkip('script')('on a terminal', () => {
  const run = (line: string, name: string) =>
    runOnTerminal(fill(line, name), { prompt: '\u0000', keys: '', home: folder })

  it('T14: a manifest is indented, and its control characters are shown', async () => {
    const { name, store } = await seeded('registry')
    const odd = makeImage({ annotations: { title: 'a\u009b31mred\u202e' } })
    await seed(store, odd, 'odd')
    const { shown, code } = await run('manifest get REPO:odd', name)
    expect(code).toBe(0)
    expect(shown).toContain('"title": "a\\u009b31mred\\u202e"')
  })

  it('T14: a blob is shown when it is JSON, and refused when it is not', async () => {
    const { name } = await seeded('registry')
    const config = JSON.parse(manifest.toString()).config.digest
    expect((await run(`blob get REPO@${config}`, name)).shown).toContain('\n  "architecture": "amd64"')
    const { shown, code } = await run('blob get REPO@LAYER', name)
    expect([code, shown]).toEqual([2, expect.stringContaining('save it with -o FILE')])
  })

  it('nothing is waited for on stdin', async () => {
    const { name } = await seeded('registry')
    for (const line of ['blob put REPO', 'manifest put REPO:x'])
      expect(await run(line, name)).toMatchObject({ code: 2, shown: expect.stringContaining('nothing on stdin') })
  })
})
