import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { engineMirrors } from '../../src/mirror/engines.ts'
import type { Notice } from '../../src/model/notice.ts'

const nginx = { registry: 'docker.io', repository: 'library/nginx' }

function files(contents: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'regctl-engines-'))
  for (const [name, text] of Object.entries(contents)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  return root
}

async function read(from: string, root: string, wanted = nginx) {
  const notices: Notice[] = []
  const engines = {
    docker: [join(root, 'none.json'), join(root, 'daemon.json')],
    containerd: [join(root, 'nowhere'), join(root, 'certs.d')],
    podman: [join(root, 'user.conf'), join(root, 'registries.conf')],
  }
  const places = await engineMirrors(from.replace('ROOT', root), wanted, {
    engines,
    notify: each => notices.push(each),
  })
  return { places, notices }
}

describe("Docker's daemon.json", () => {
  const root = files({
    'daemon.json': '{"registry-mirrors": ["https://a.example/", "https://b.example/hub", "nonsense"]}',
  })

  it.each(['docker', 'ROOT/daemon.json'])('%s: in its order, an address that is none is told', async from => {
    const { places, notices } = await read(from, root)
    expect(places).toMatchObject([
      { name: 'https://a.example', repository: 'library/nginx', resolve: false },
      { baseUrl: 'https://b.example/hub' },
    ])
    expect(places.every(({ ns }) => ns === undefined)).toBe(true)
    expect(notices).toMatchObject([
      { code: 'MIRROR_INVALID', message: expect.stringContaining('daemon.json: "nonsense"') },
    ])
  })

  it('4.1: is for Docker Hub alone', async () => {
    expect((await read('docker', root, { registry: 'ghcr.io', repository: 'a/b' })).places).toEqual([])
  })

  it.each(['', '{}', '[]', '{"registry-mirrors": "https://a.example"}', '\uFEFF{"registry-mirrors":[]}', '{"debug":'])(
    '%j has none',
    async text => {
      expect((await read('docker', files({ 'daemon.json': text }))).places).toEqual([])
    },
  )

  it('one that is not there has none', async () => {
    expect((await read('docker', files({}))).places).toEqual([])
  })
})

const hosts = `
server = "https://registry-1.docker.io"

[host."https://first.example"]
  capabilities = ["pull", "resolve"]

[host."https://second.example:5000/hub"]
  capabilities = ["pull"]
  skip_verify = true
  ca = ["/etc/ssl/second.pem"]

[host."https://push.example"]
  capabilities = ["push"]

[host."https://harbor.example/v2/proxy"]
  override_path = true
  client = [["/c.cert", "/c.key"]]

[host."third.example"]
`

describe("containerd's hosts.toml", () => {
  it.each(['containerd', 'ROOT/certs.d', 'ROOT/certs.d/docker.io/hosts.toml'])(
    '%s: who may serve pulls, in its order, with ns',
    async from => {
      const { places } = await read(from, files({ 'certs.d/docker.io/hosts.toml': hosts }))
      expect(places).toMatchObject([
        { name: 'https://first.example', resolve: true, ns: 'docker.io' },
        {
          resolve: false,
          tls: { insecure: true, caFile: '/etc/ssl/second.pem' },
          baseUrl: 'https://second.example:5000/hub',
        },
        {
          baseUrl: 'https://harbor.example',
          repository: 'proxy/library/nginx',
          tls: { certFile: '/c.cert', keyFile: '/c.key' },
        },
        { baseUrl: 'https://third.example', repository: 'library/nginx' },
      ])
    },
  )

  const host = (name: string) => `[host."https://${name}.example"]`
  it.each([
    ['registry.example:5000', 'registry.example_5000_', 'https://a.example'],
    ['registry.example:5001', 'registry.example:5001', 'https://b.example'],
    ['registry.example:5002', 'registry.example', 'https://c.example'],
    ['other.example', '_default', 'https://d.example'],
  ])('%s finds the folder %s', async (registry, _, name) => {
    const root = files({
      'certs.d/registry.example_5000_/hosts.toml': host('a'),
      'certs.d/registry.example:5000/hosts.toml': host('wrong'),
      'certs.d/registry.example:5001/hosts.toml': host('b'),
      'certs.d/registry.example/hosts.toml': host('c'),
      'certs.d/_default/hosts.toml': host('d'),
    })
    expect((await read('containerd', root, { registry, repository: 'a/b' })).places).toMatchObject([{ name }])
  })

  it('a file for another registry says nothing of this one', async () => {
    const root = files({ 'certs.d/ghcr.io/hosts.toml': hosts })
    expect((await read('ROOT/certs.d/ghcr.io/hosts.toml', root)).places).toEqual([])
  })

  it('TOML that is none is refused with file, line and column', async () => {
    const root = files({ 'certs.d/docker.io/hosts.toml': 'server = "https://a"\n[host."https://b"' })
    await expect(read('containerd', root)).rejects.toThrow(/hosts\.toml:2:\d+: /)
  })
})

describe("Podman's registries.conf", () => {
  const conf = `
unqualified-search-registries = ["docker.io"]

[[registry]]
prefix = "docker.io"
location = "docker.io"
[[registry.mirror]]
location = "all.example/hub"
pull-from-mirror = "all"
[[registry.mirror]]
location = "digest.example:5000"
insecure = true
pull-from-mirror = "digest-only"
[[registry.mirror]]
location = "tags.example"
pull-from-mirror = "tag-only"

[[registry]]
prefix = "*.example.com"
[[registry.mirror]]
location = "wild.example"

[[registry]]
location = "docker.io/library"
[[registry.mirror]]
location = "library.example/proxy"
`
  it.each([
    [
      'docker.io',
      'library/nginx',
      [{ baseUrl: 'https://library.example', repository: 'proxy/nginx', name: 'https://library.example/proxy' }],
    ],
    [
      'docker.io',
      'bitnami/redis',
      [
        { baseUrl: 'https://all.example', repository: 'hub/bitnami/redis', resolve: true },
        { host: 'digest.example:5000', repository: 'bitnami/redis', resolve: false, tls: { insecure: true } },
      ],
    ],
    ['docker.io', 'library2/nginx', [{ host: 'all.example' }, { host: 'digest.example:5000' }]],
    ['a.example.com', 'x/y', [{ host: 'wild.example', repository: 'x/y' }]],
    ['ghcr.io', 'x/y', []],
  ])('%s/%s: the longest prefix', async (registry, repository, expected) => {
    const { places } = await read('podman', files({ 'registries.conf': conf }), { registry, repository })
    expect(places).toHaveLength(expected.length)
    expect(places).toMatchObject(expected)
    expect(places.every(({ ns }) => ns === undefined)).toBe(true)
  })

  it('drop-ins count, the last by name wins', async () => {
    const dropIn = (name: string) =>
      `[[registry]]\nprefix = "docker.io"\n[[registry.mirror]]\nlocation = "${name}.example"\n`
    const root = files({
      'registries.conf': dropIn('main'),
      'registries.conf.d/20-b.conf': dropIn('b'),
      'registries.conf.d/10-a.conf': dropIn('a'),
      'registries.conf.d/30-c.conf.off': dropIn('c'),
    })
    expect((await read('podman', root)).places).toMatchObject([{ host: 'b.example' }])
    expect((await read('ROOT/registries.conf.d/10-a.conf', root)).places).toMatchObject([{ host: 'a.example' }])
  })
})

it('a file that is not there is a mistake, with a hint', async () => {
  await expect(read('ROOT/nothing', files({}))).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(/nothing, which is to name mirrors, cannot be read \(ENOENT\)/),
    hint: expect.stringContaining('docker, containerd, podman'),
  })
})
