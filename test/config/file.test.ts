import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { expect, it } from 'vitest'
import { parseConfigFile, readConfigFile } from '../../src/config/file.ts'

it('reads an empty file, and one that is not there, as no settings', async () => {
  expect((await parseConfigFile('', 'x')).hosts.size).toBe(0)
  expect((await readConfigFile('/nowhere/config.json')).hosts.size).toBe(0)
})

it('names a file that cannot be read', async () => {
  const folder = await mkdtemp(`${tmpdir()}/regctl-file-`)
  await expect(readConfigFile(folder)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: `could not read ${folder} (EISDIR)`,
  })
})

it('reads mirrors: an address alone, or with what it may do', async () => {
  const text = `{ "mirrorsFrom": ["docker"], "mirrorTimeout": 3, "hosts": { "Docker.io": { "mirrors": [
    "https://a.example", { "url": "https://b.example", "resolve": true, "auth": "own", "ns": true } ] } } }`
  const file = await parseConfigFile(text, 'x')
  expect(file).toMatchObject({ mirrorsFrom: ['docker'], mirrorTimeout: 3 })
  expect(file.hosts.get('docker.io')?.mirrors).toEqual([
    { url: 'https://a.example' },
    { url: 'https://b.example', resolve: true, auth: 'own', ns: true },
  ])
})

it.each([
  ['{"mirrorsFrom": "docker"}', 'x:1:17: mirrorsFrom must be a list of texts'],
  ['{"mirrorTimeout": 0}', 'x:1:19: mirrorTimeout must be seconds above 0'],
  ['{"hosts": {"a": {"mirrors": "https://b"}}}', 'x:1:29: mirrors must be a list of addresses'],
  ['{"hosts": {"a": {"mirrors": [7]}}}', 'x:1:30: a mirror must be an object'],
  ['{"hosts": {"a": {"mirrors": [{"resolve": true}]}}}', 'x:1:30: a mirror needs a url'],
  ['{"hosts": {"a": {"mirrors": [{"url": 7}]}}}', 'x:1:38: url must be a text'],
  ['{"hosts": {"a": {"mirrors": [{"url": "b", "auth": "hub"}]}}}', 'x:1:51: auth must be "own", or left out'],
  ['{"hosts": {"a": {"mirrors": [{"url": "b", "password": "x"}]}}}', 'x:1:43: unknown key "password"'],
  ['{"hosts": {"a": {"api": "b.example"}}}', 'x:1:25: api must be https://HOST[:PORT][/PATH]'],
  ['{"hosts": {"a": {"api": "https://u:p@b.example"}}}', 'x:1:25: api must be https://HOST[:PORT][/PATH]'],
  ['{"hosts": {"a": {"api": "https://b.example/?x"}}}', 'x:1:25: api must be https://HOST[:PORT][/PATH]'],
  ['{"hosts": {"a": {"api": "https://b.example", "product": "harbor"}}}', 'x:1:17: hosts["a"] has an api, which is'],
])('refuses %s', async (text, message) => {
  await expect(parseConfigFile(text, 'x')).rejects.toThrow(message)
})
