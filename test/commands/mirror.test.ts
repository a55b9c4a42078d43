import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeCa } from '../helpers/certs.ts'
import { runCli } from '../helpers/cli.ts'
import { closing } from '../helpers/http-send.ts'
import { rawImage, seed } from '../helpers/images.ts'
import { startMirror } from '../helpers/registries/mirrors.ts'
import { startServer } from '../helpers/server.ts'

const folder = mkdtempSync(join(tmpdir(), 'regctl-mirror-'))
const daemon = join(folder, 'daemon.json')
const dead = 'http://127.0.0.1:9'

describe('mirror: wrong input', () => {
  it.each<[args: string[], code: number, says: RegExp]>([
    [['add'], 2, /url/i],
    [['add', 'mirror.example', '--daemon-json', daemon], 2, /does not begin with https/],
    [['add', 'https://a:secret@b.example', '--daemon-json', daemon], 2, /user name/],
    [['add', 'https://a.example', '--daemon-json', daemon, '--hosts-toml', folder], 2, /exclude each other/],
    [['add', 'https://a.example', '--hosts-toml', folder, '--reload'], 2, /exclude each other/],
    [['add', 'https://a.example', '--daemon-json', daemon, '--registry', 'ghcr.io'], 2, /docker\.io and nothing else/],
    [['add', 'https://a.example', '--daemon-json', folder], 1, /not a regular file/],
    [['add', 'https://a.example', '--registries-conf', '/etc/containers/registries.conf'], 1, /the main file/],
    [['remove'], 2, /url/i],
    [['list', '--mirrors-from', join(folder, 'nothing')], 2, /cannot be read \(ENOENT\)/],
    [['list', '--daemon-json', join(folder, 'nothing')], 2, /cannot be read \(ENOENT\)/],
    [['list', 'a b'], 2, /registry/i],
    [['test', 'mirror.example'], 2, /does not begin with https/],
    [['test', dead, '--image', 'UPPER/case'], 2, /reference/i],
    [['test', dead, '--timeout', '0'], 2, /above 0/],
    [['test', '--image', '127.0.0.1:9/a/b'], 2, /no mirror of 127\.0\.0\.1:9 is configured/],
    [['test', dead, '--image', '127.0.0.1:9/a/b', '--timeout', '2'], 6, /none of 1 mirrors is good/],
  ])('%j', async (args, code, says) => {
    const ran = await runCli(['mirror', ...args])
    expect(ran).toMatchObject({ code, stderr: expect.stringMatching(says) })
    expect(ran.stderr + ran.stdout).not.toContain('secret')
  })
})

it('add, list, remove: what is said, for people and as JSON', async () => {
  writeFileSync(daemon, '{"debug": true}')
  const added = await runCli(['mirror', 'add', 'https://a.example', '--daemon-json', daemon])
  expect(added.stdout.split('\n')).toEqual([
    `${daemon}: changed`,
    '  https://a.example',
    expect.stringMatching(/^what was there: .*daemon\.json\.bak-\d{14}$/),
    'to put it to use: sudo systemctl reload docker',
    "to see that it took: docker info --format '{{json .RegistryConfig.Mirrors}}'",
    '',
  ])
  const again = await runCli(['mirror', 'add', 'https://a.example/', '--daemon-json', daemon, '--json'])
  expect(JSON.parse(again.stdout)).toEqual({
    kind: 'daemon-json',
    file: daemon,
    changed: false,
    mirrors: ['https://a.example'],
    dryRun: false,
    validated: false,
    reloaded: false,
  })
  const listed = await runCli(['mirror', 'list', '--mirrors-from', daemon, '--json'])
  expect(JSON.parse(listed.stdout)).toEqual({
    registry: 'docker.io',
    mirrors: [{ mirror: 'https://a.example', from: daemon, used: true, resolve: false }],
  })
  const only = await runCli(['mirror', 'list', '--daemon-json', daemon])
  expect(only.stdout).toMatch(new RegExp(`^https://a\\.example +${daemon} +no +no$`, 'm'))
  const dry = await runCli(['mirror', 'remove', 'https://a.example', '--daemon-json', daemon, '--dry-run'])
  expect(dry.stdout).toMatch(/^-\{"debug": true, "registry-mirrors": \["https:\/\/a\.example"\]\}$/m)
  await runCli(['mirror', 'remove', 'https://a.example', '--daemon-json', daemon])
  expect(readFileSync(daemon, 'utf8')).toBe('{"debug": true, "registry-mirrors": []}')
})

it('T16: dockerd and systemctl see none of the logins in our environment', async () => {
  const bin = mkdtempSync(join(tmpdir(), 'regctl-bin-'))
  const seen = join(bin, 'seen')
  const script = `#!/bin/sh\necho "$REGCTL_USERNAME$REGCTL_PASSWORD $DOCKER_AUTH_CONFIG $DBUS_SESSION_BUS_ADDRESS" >> ${seen}\n`
  for (const name of ['dockerd', 'systemctl']) writeFileSync(join(bin, name), script, { mode: 0o755 })
  writeFileSync(daemon, '{}')
  const login = { REGCTL_REGISTRY: 'docker.io', REGCTL_USERNAME: 'canary', REGCTL_PASSWORD: 'canary' }
  const env = { ...login, DOCKER_AUTH_CONFIG: '{}', DBUS_SESSION_BUS_ADDRESS: 'bus', PATH: bin }
  const args = ['mirror', 'add', 'https://a.example', '--daemon-json', daemon, '--reload']
  expect(await runCli(args, { env })).toMatchObject({ code: 0 })
  expect(readFileSync(seen, 'utf8')).toBe('  bus\n  bus\n')
})

it.each([
  ['a bare one is for the mirrors that the command names', (_: string, file: string) => file, 'good', 0],
  ['one of another host is not', (_: string, file: string) => `other.example=${file}`, 'unreachable', 6],
])('mirror test --ca-file: %s', async (_what, given, state, code) => {
  const ca = await makeCa()
  const caFile = join(folder, 'ca.pem')
  writeFileSync(caFile, ca.cert)
  const sample = rawImage([1000], 'over TLS')
  const upstream = closing(await startServer())
  const mirror = closing(await startServer({ tls: await ca.issue({ hosts: ['127.0.0.1'] }) }))
  for (const server of [upstream, mirror]) await seed(await server.repositories.create('a/b'), sample, 'v1')
  const args = ['mirror', 'test', mirror.url, '--image', `${upstream.host}/a/b:v1`, '--plain-http', upstream.host]
  const ran = await runCli([...args, '--ca-file', given(mirror.host, caFile), '--json'])
  expect(ran.code).toBe(code)
  expect(JSON.parse(ran.stdout).mirrors).toMatchObject([{ mirror: mirror.url, state }])
})

it('T14: what a mirror or a file says cannot move the cursor', async () => {
  writeFileSync(daemon, '{"registry-mirrors": ["https://a.example/\\u001b]0;x\\u0007"]}')
  const added = await runCli(['mirror', 'add', 'https://b.example', '--daemon-json', daemon])
  const listed = await runCli(['mirror', 'list', '--mirrors-from', daemon])
  for (const text of [added.stdout, listed.stdout, listed.stderr]) {
    expect(text).not.toContain('\u001b')
    expect(text).not.toContain('\u0007')
  }
  expect(listed.stderr).toContain('warning:')
})

it('test: a table and JSON; copy tells who served', async () => {
  const sample = rawImage([300_000], 'mirror command')
  const images = [{ repository: 'library/app', sample, tag: 'v1' }]
  const upstream = await startMirror('good', { images })
  const [good, stale] = [await startMirror('good', { images }), await startMirror('stale')]
  const store = await stale.repositories.create('library/app')
  await seed(store, rawImage([100_000], 'older'), 'v1')
  const image = `${upstream.host}/library/app:v1`
  const table = await runCli(['mirror', 'test', stale.url, good.url, '--image', image])
  expect(table.code).toBe(0)
  expect(table.stdout).toMatch(new RegExp(`^1 {2}${good.url} +good .* yes$`, 'm'))
  expect(table.stdout).toMatch(new RegExp(`^2 {2}${stale.url} +stale .* yes$`, 'm'))
  const { stdout } = await runCli(['mirror', 'test', good.url, '--image', image, '--json'])
  expect(JSON.parse(stdout)).toMatchObject({
    image,
    upstream: { digest: sample.root.digest },
    mirrors: [{ rank: 1, mirror: good.url, state: 'good', digest: sample.root.digest, ranges: true }],
  })
  const config = join(folder, 'config.json')
  writeFileSync(config, JSON.stringify({ hosts: { [upstream.host]: { mirrors: [good.url] } } }))
  const copied = await runCli(['copy', image, 'oci:out:v1'], { env: { REGCTL_CONFIG: config } })
  expect(copied.stdout).toMatch(new RegExp(`^read from ${good.url} \\(1 manifest, 2 blobs, [\\d.]+ KiB\\)$`, 'm'))
})
