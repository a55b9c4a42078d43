import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { closing } from '../helpers/http-send.ts'
import { rawImage, seed } from '../helpers/images.ts'
import { type MirrorServer, startMirror } from '../helpers/registries/mirrors.ts'
import { openShell, readPage, type Shell } from './page.ts'

const page = readPage('mirrors.md')
const chinese = readPage('mirrors.zh-CN.md')
const image = rawImage([300_000], 'docs')

interface Desk {
  shell: Shell
  good: MirrorServer
  /** Types a command of the page, which must be there, with this desk's addresses and folders in it. */
  type(command: string): ReturnType<Shell['run']>
  /** What a page's text becomes here. */
  here(text: string): string
}

/** Docker Hub, two mirrors, a Docker that takes what its file says, and folders in the place of /etc. */
async function desk(): Promise<Desk> {
  const images = [{ repository: 'library/nginx', sample: image, tag: '1.27' }]
  const [hub, good, stale] = [
    await startMirror('good', { images }),
    await startMirror('good', { images }),
    await startMirror('stale'),
  ]
  await seed(await stale.repositories.create('library/nginx'), rawImage([100_000], 'docs, old'), '1.27')
  const shell = closing(await openShell())
  shell.write('.bin/sudo', '#!/bin/sh\nexec "$@"\n', 0o755)
  shell.write('.bin/systemctl', '#!/bin/sh\necho "$*" >> reloads\n', 0o755)
  shell.write('.bin/dockerd', '#!/bin/sh\nexit 0\n', 0o755)
  shell.write(
    '.bin/docker',
    `#!/bin/sh\nsed -n 's/.*"registry-mirrors": *\\(\\[[^]]*\\]\\).*/\\1/p' daemon.json\n`,
    0o755,
  )
  shell.write('daemon.json', '{\n  "debug": true\n}\n')
  const here = (text: string) =>
    text
      .replaceAll('https://mirror.example', good.url)
      .replaceAll('https://cache.example', stale.url)
      .replaceAll('/etc/', `${shell.folder}/etc/`)
      .replaceAll('"docker.io"', JSON.stringify(hub.host))
      .replaceAll('docker.io/', `${hub.host}/`)
      .replace(/ nginx:1\.27/, ` ${hub.host}/library/nginx:1.27`)
      .replace(/^((?:sudo )?regctl mirror (?:add|remove) \S+(?: --dry-run| --reload))$/, '$1 --daemon-json daemon.json')
      .replace(/^(regctl mirror list)$/, `$1 ${hub.host}`)
  return {
    shell,
    good,
    here,
    type: command => {
      expect(page.commands).toContain(command)
      return shell.run(here(command))
    },
  }
}

describe('every command of docs/mirrors.md', () => {
  it('is one of those that are run here, and the Chinese page has the same', () => {
    expect(page.commands).toHaveLength(10)
    expect(chinese.commands).toEqual(page.commands)
    const blocks = (text: string) => text.match(/^```json\n[\s\S]*?^```$/gm)
    expect(blocks(chinese.text)).toEqual(blocks(page.text))
  })

  it('which is good', async () => {
    const { type, good, here } = await desk()
    const { code, stdout } = await type(
      'regctl mirror test --image nginx:1.27 https://mirror.example https://cache.example',
    )
    expect(code).toBe(0)
    const [first, , header, ...rows] = stdout.split('\n')
    expect(first).toBe(here(`docker.io/library/nginx:1.27 is ${image.root.digest}`))
    expect(page.text).toContain('#  MIRROR ')
    expect(header?.split(/ {2,}/)).toEqual(['#', 'MIRROR', 'STATE', 'CONNECT', '1ST BYTE', 'SPEED', 'RANGE'])
    expect(rows[0]).toMatch(new RegExp(`^1 {2}${good.url} +good `))
    expect(rows[1]).toMatch(/^2 .* stale /)
    expect(stdout).toContain('2: stale: it names another digest than the registry itself does (sha256:')
  })

  it('reading through mirrors of our own configuration, as it stands on the page', async () => {
    const { shell, type, good, here } = await desk()
    const [, config = ''] = /^```json\n([\s\S]*?)^```$/m.exec(page.text) ?? []
    mkdirSync(join(shell.folder, '.config/regctl'), { recursive: true })
    shell.write('.config/regctl/config.json', here(config))
    const { code, stdout } = await type('regctl copy nginx:1.27 oci:nginx:1.27')
    expect(code).toBe(0)
    expect(stdout).toMatch(new RegExp(`^read from ${good.url} \\(1 manifest, 2 blobs, `, 'm'))
    expect((await type('regctl mirror list')).stdout).toMatch(new RegExp(`^${good.url} +config +yes +no$`, 'm'))
  })

  it("reading through containerd's", async () => {
    const { shell, type, good, here } = await desk()
    const registry = here('docker.io/').replace(/^(.*):(\d+)\/$/, '$1_$2_')
    mkdirSync(join(shell.folder, '.config/containerd/certs.d', registry), { recursive: true })
    shell.write(`.config/containerd/certs.d/${registry}/hosts.toml`, `[host."${good.url}"]\ncapabilities = ["pull"]\n`)
    const { code, stdout } = await type('regctl copy --mirrors-from containerd nginx:1.27 oci:nginx:1.27')
    expect(code).toBe(0)
    expect(stdout).toContain(`read from ${good.url} (`)
    expect(good.requests.every(({ url }) => url.includes('?ns='))).toBe(true)
  })

  it("Docker's file, there and back", async () => {
    const { shell, type, good } = await desk()
    const text = (name: string) => readFileSync(join(shell.folder, name), 'utf8')
    const before = text('daemon.json')
    const dry = await type('regctl mirror add https://mirror.example --dry-run')
    expect(dry).toMatchObject({ code: 0, stdout: expect.stringContaining(`+  "registry-mirrors": ["${good.url}"]`) })
    expect(text('daemon.json')).toBe(before)
    const added = await type('sudo regctl mirror add https://mirror.example --reload')
    expect(added).toMatchObject({ code: 0, stdout: expect.stringContaining('Docker was reloaded and uses them') })
    expect(text('reloads')).toBe('reload docker\n')
    const shown = await type("docker info --format '{{json .RegistryConfig.Mirrors}}'")
    expect(JSON.parse(shown.stdout)).toEqual([good.url])
    expect(await type('sudo regctl mirror remove https://mirror.example --reload')).toMatchObject({ code: 0 })
    expect(text('daemon.json')).toBe('{\n  "debug": true,\n  "registry-mirrors": []\n}\n')
  })

  it("containerd's and Podman's", async () => {
    const { shell, type, good } = await desk()
    const text = (name: string) => readFileSync(join(shell.folder, name), 'utf8')
    const hosts = await type('sudo regctl mirror add https://mirror.example --hosts-toml /etc/containerd/certs.d')
    expect(hosts).toMatchObject({ code: 0, stdout: expect.stringContaining('at the next pull') })
    expect(text('etc/containerd/certs.d/docker.io/hosts.toml')).toContain(`[host."${good.url}"]`)
    const conf = await type(
      'sudo regctl mirror add https://mirror.example --registries-conf /etc/containers/registries.conf.d/50-mirrors.conf',
    )
    expect(conf).toMatchObject({ code: 0, stdout: expect.stringContaining('at the next pull') })
    expect(text('etc/containers/registries.conf.d/50-mirrors.conf')).toContain(`location = "${good.host}"`)
  })
})
