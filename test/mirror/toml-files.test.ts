import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { changeMirrors, type Target } from '../../src/mirror/change.ts'
import type { Change } from '../../src/mirror/edit.ts'
import { engineMirrors } from '../../src/mirror/engines.ts'

const url = 'https://new.example'
const engines = { docker: [], containerd: [], podman: [] }

function folder(files: Readonly<Record<string, string>> = {}): string {
  const root = mkdtempSync(join(tmpdir(), 'regctl-toml-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  return root
}

const edit = (target: Target, change: Change, registry = 'docker.io') =>
  changeMirrors(target, change, { engines, run: async () => undefined, registry })

const host = `[host."${url}"]\n  capabilities = ["pull"]`
const mirror = `[[registry.mirror]]\nlocation = "new.example"\npull-from-mirror = "digest-only"`

/** `«…»` marks what is added. */
const hosts: [name: string, text: string][] = [
  ['only a server', `server = "https://registry-1.docker.io"«\n\n${host}»\n`],
  ['another host', `[host."https://a.example"]\n  capabilities = ["pull", "resolve"]«\n\n${host}»\n`],
  ['no final newline', `[host."https://a.example"]\nskip_verify = true«\n\n${host}»`],
  ['CRLF', `server = "https://a"«\r\n\r\n${host.replace('\n', '\r\n')}»\r\n`],
  [
    'comments, a table below, a list on several lines',
    `# mine\nserver = "https://a" # the registry\n\n# fast\n[ host . "https://a.example" ] # here\n  capabilities = [\n    "pull", # not resolve\n  ]\n  [host."https://a.example".header]\n    x = ["y"]\n  # the end\n\n# bye«\n\n${host}»\n`,
  ],
  ['single quotes', `[host.'https://a.example']\n'capabilities' = ['pull']«\n\n${host}»\n`],
  ['IPv6', `[host."https://[::1]:5000"]\ncapabilities = ["pull"]«\n\n${host}»\n`],
]

const confs: [name: string, text: string][] = [
  [
    'another mirror',
    `[[registry]]\nprefix = "docker.io"\nlocation = "docker.io"\n\n[[registry.mirror]]\nlocation = "a.example"«\n\n${mirror}»\n`,
  ],
  [
    'another registry behind, comments',
    `# mine\n[[registry]]\nlocation = "docker.io" # Hub\n[[registry.mirror]]\nlocation = "a.example"\ninsecure = true«\n\n${mirror}»\n\n# theirs\n[[registry]]\nprefix = "ghcr.io"\n[[registry.mirror]]\nlocation = "new.example"\n`,
  ],
  ['no mirror yet', `[[registry]]\nprefix = "docker.io"\nblocked = false«\n\n${mirror}»`],
  [
    'another registry before',
    `[[registry]]\nprefix = "ghcr.io"\n\n[[registry]]\nprefix = "docker.io"«\n\n${mirror}»\n`,
  ],
]

describe.each([
  ['hosts.toml', hosts, 'hosts-toml' as const, 'docker.io/hosts.toml'],
  ['a drop-in for registries.conf', confs, 'registries-conf' as const, 'registries.conf.d/50.conf'],
])('%s: every byte but the mirror’s stays', (_, cases, kind, name) => {
  it.each(cases)('%s', async (_, text) => {
    const before = text.replace(/«[^»]*»/, '')
    const path = join(folder({ [name]: before }), name)
    const added = await edit({ kind, path }, { add: url })
    expect(readFileSync(path, 'utf8')).toBe(text.replace(/[«»]/g, ''))
    expect(added.mirrors.at(-1)).toContain('new.example')
    expect(await edit({ kind, path }, { add: `${url}/` })).toMatchObject({ changed: false })
    expect(readFileSync(added.backup ?? '', 'utf8')).toBe(before)
    expect(await edit({ kind, path }, { remove: url })).toMatchObject({ changed: true })
    expect(readFileSync(path, 'utf8')).toBe(before)
    expect(await edit({ kind, path }, { remove: url })).toMatchObject({ changed: false })
  })
})

it('a hosts.toml that is not there is begun, in the folder of its registry', async () => {
  const certs = folder()
  const { file } = await edit({ kind: 'hosts-toml', path: certs }, { add: url })
  expect(file).toBe(join(certs, 'docker.io/hosts.toml'))
  expect(readFileSync(file, 'utf8')).toBe(`server = "https://registry-1.docker.io"\n\n${host}\n`)
  const other = await edit({ kind: 'hosts-toml', path: certs }, { add: url, resolve: true }, 'registry.example:5000')
  expect(other.file).toBe(join(certs, 'registry.example_5000_/hosts.toml'))
  expect(readFileSync(other.file, 'utf8')).toContain('server = "https://registry.example:5000"')
  // What was written is what is read.
  const wanted = { registry: 'registry.example:5000', repository: 'a/b' }
  expect(await engineMirrors(certs, wanted, { engines })).toMatchObject([
    { name: url, resolve: true, ns: wanted.registry },
  ])
})

it('hosts.toml: before the others, and out of the middle', async () => {
  const certs = folder({ 'docker.io/hosts.toml': '# mine\nserver = "https://a"\n\n[host."https://a.example"]\n' })
  const target: Target = { kind: 'hosts-toml', path: certs }
  await edit(target, { add: url, first: true })
  const path = join(certs, 'docker.io/hosts.toml')
  expect(readFileSync(path, 'utf8')).toBe(`# mine\nserver = "https://a"\n\n${host}\n\n[host."https://a.example"]\n`)
  await edit(target, { add: 'https://last.example' })
  await edit(target, { remove: 'https://a.example' })
  expect(readFileSync(path, 'utf8')).toBe(
    `# mine\nserver = "https://a"\n\n${host}\n\n[host."https://last.example"]\n  capabilities = ["pull"]\n`,
  )
})

it('a drop-in that is not there is begun; a plain HTTP mirror is marked', async () => {
  const path = join(folder(), 'registries.conf.d/50-mirrors.conf')
  await edit({ kind: 'registries-conf', path }, { add: 'http://10.0.0.1:5000/hub', resolve: true })
  expect(readFileSync(path, 'utf8')).toBe(
    '[[registry]]\nprefix = "docker.io"\nlocation = "docker.io"\n\n[[registry.mirror]]\nlocation = "10.0.0.1:5000/hub"\ninsecure = true\npull-from-mirror = "all"\n',
  )
  const wanted = { registry: 'docker.io', repository: 'library/nginx' }
  expect(await engineMirrors(path, wanted, { engines })).toMatchObject([
    { repository: 'hub/library/nginx', resolve: true },
  ])
})

describe('nothing is changed, and the reason is given', () => {
  const inline = /cannot be edited without changing more|not written as tables/
  it.each([
    ['hosts-toml' as const, 'hosts.toml', 'server = ', /hosts\.toml:1:\d+: /],
    ['hosts-toml' as const, 'hosts.toml', `host = { "${url}" = { capabilities = ["pull"] } }\n`, inline],
    ['hosts-toml' as const, 'hosts.toml', `[host]\n"${url}" = { capabilities = ["pull"] }\n`, inline],
    ['hosts-toml' as const, 'hosts.toml', `x = """\n[host."${url}"]\n"""\n[host]\n"${url}" = {}\n`, inline],
    [
      'registries-conf' as const,
      'd.conf',
      `[[registry]]\nprefix = "docker.io"\nmirror = [{ location = "new.example" }]\n`,
      inline,
    ],
    ['registries-conf' as const, 'registries.conf', '', /is the main file, which is left as it is/],
  ])('%s %s %j', async (kind, name, text, reason) => {
    const path = join(folder({ [name]: text }), name)
    await expect(edit({ kind, path }, { remove: url })).rejects.toThrow(reason)
    expect(readFileSync(path, 'utf8')).toBe(text)
  })

  it('Docker has no mirrors for another registry', async () => {
    const path = join(folder(), 'daemon.json')
    await expect(edit({ kind: 'daemon-json', path }, { add: url }, 'ghcr.io')).rejects.toMatchObject({ code: 'USAGE' })
    expect(existsSync(path)).toBe(false)
  })
})
