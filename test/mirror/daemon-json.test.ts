import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { type ChangeOptions, changeMirrors } from '../../src/mirror/change.ts'
import type { Change } from '../../src/mirror/edit.ts'

const url = 'https://new.example'

/** A machine's `/`, with these files; nothing of the machine that runs the tests is looked at. */
function machine(files: Readonly<Record<string, string | Buffer>> = {}): string {
  const root = mkdtempSync(join(tmpdir(), 'regctl-daemon-'))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), content)
  }
  return root
}

function options(root: string, more: Partial<ChangeOptions> = {}): ChangeOptions {
  const docker = ['etc/docker/daemon.json', 'home/.config/docker/daemon.json', 'home/.docker/daemon.json']
  return {
    engines: { docker: docker.map(path => join(root, path)), containerd: [], podman: [] },
    run: async () => undefined,
    root,
    ...more,
  }
}

const file = 'etc/docker/daemon.json'

async function edit(root: string, change: Change, path?: string) {
  return changeMirrors({ kind: 'daemon-json', path }, change, options(root))
}

/** `«…»` marks what is added; without it the file is the one before. */
const marked: [name: string, text: string][] = [
  ['empty', `«{\n  "registry-mirrors": ["${url}"]\n}\n»`],
  ['blank', `  \n«{\n  "registry-mirrors": ["${url}"]\n}\n»`],
  ['blank with CRLF', `\r\n«{\r\n  "registry-mirrors": ["${url}"]\r\n}\r\n»`],
  ['a BOM and nothing else', `\uFEFF«{\n  "registry-mirrors": ["${url}"]\n}\n»`],
  ['an empty object', `{«\n  "registry-mirrors": ["${url}"]\n»}`],
  ['an empty object with a blank', `{«\n  "registry-mirrors": ["${url}"]\n» }\n`],
  ['an empty object on two lines', `{«\n  "registry-mirrors": ["${url}"]»\n}\n`],
  ['two blanks of indentation', `{\n  "debug": true«,\n  "registry-mirrors": ["${url}"]»\n}\n`],
  ['four blanks', `{\n    "debug": true,\n    "ipv6": false«,\n    "registry-mirrors": ["${url}"]»\n}\n`],
  ['tabs', `{\n\t"debug": true«,\n\t"registry-mirrors": ["${url}"]»\n}\n`],
  ['CRLF', `{\r\n  "debug": true«,\r\n  "registry-mirrors": ["${url}"]»\r\n}\r\n`],
  ['a BOM', `\uFEFF{\n  "debug": true«,\n  "registry-mirrors": ["${url}"]»\n}\n`],
  ['no final newline', `{\n  "debug": true«,\n  "registry-mirrors": ["${url}"]»\n}`],
  ['one line', `{"debug": true«, "registry-mirrors": ["${url}"]»}`],
  ['one line without blanks', `{"debug":true,"ipv6":false«,"registry-mirrors":["${url}"]»}`],
  ['one line, padded', `{ "debug" : true«, "registry-mirrors" : ["${url}"]» }\n`],
  ['an empty list', `{\n  "registry-mirrors": [«"${url}"»],\n  "debug": true\n}\n`],
  ['one mirror', `{\n  "registry-mirrors": ["https://a.example"«, "${url}"»]\n}\n`],
  [
    'mirrors on lines of their own',
    `{\n  "registry-mirrors": [\n    "https://a.example",\n    "https://b.example"«,\n    "${url}"»\n  ]\n}\n`,
  ],
  ['one mirror on a line of its own', `{\n\t"registry-mirrors": [\n\t\t"https://a.example"«,\n\t\t"${url}"»\n\t]\n}\n`],
  ['one mirror without blanks', `{"debug":true,"registry-mirrors":["https://a.example"«,"${url}"»]}`],
  ['mirrors without blanks', `{"registry-mirrors":["https://a.example","https://b.example"«,"${url}"»]}`],
  [
    'mirrors, comma first',
    `{ "registry-mirrors":\n  [ "https://a.example"\n  , "https://b.example"«\n  , "${url}"»\n  ]\n}\n`,
  ],
  ['a mirror that is no address', `{"registry-mirrors": ["mirror.example"«, "${url}"»]}`],
  ['keys nobody knows', `{\n  "x-unknown": {"a": [1, 2]}«,\n  "registry-mirrors": ["${url}"]»\n}\n`],
  [
    'a key of the same name further in',
    `{\n  "features": {"registry-mirrors": "mine"}«,\n  "registry-mirrors": ["${url}"]»\n}\n`,
  ],
  [
    'long numbers, escapes, odd blanks',
    `{\n  "default-shm-size": 90071992547409931234,  "e": 1.0e+2,\n  "a\\u0062": "\\/\\u00e9 é 🐳"  \n,\n\n   "last"   :   null«  \n,\n\n   "registry-mirrors"   :   ["${url}"]»\n}\n\n\n`,
  ],
  [
    'deep, with empty things',
    `{\n  "runtimes": {"a": {"b": [[], {}, [{}]]}},\n  "hosts": []«,\n  "registry-mirrors": ["${url}"]»\n}\n`,
  ],
  ['half a megabyte', `{\n  "labels": ["${'x'.repeat(500_000)}"]«,\n  "registry-mirrors": ["${url}"]»\n}\n`],
  [
    'a mirror with a path, and one by IPv6',
    `{"registry-mirrors": ["https://a.example/hub/", "http://[::1]:5000"«, "${url}"»]}`,
  ],
]

describe('daemon.json: every byte but the key’s stays', () => {
  it.each(marked)('%s', async (_, text) => {
    const before = text.replace(/«.*»/s, '')
    const after = text.replace(/[«»]/g, '')
    const root = machine({ [file]: before })
    const added = await edit(root, { add: url })
    expect(readFileSync(join(root, file), 'utf8')).toBe(after)
    expect(added).toMatchObject({ changed: true, file: join(root, file) })
    expect(added.mirrors.at(-1)).toBe(url)
    expect(readFileSync(added.backup ?? '', 'utf8')).toBe(before)
    // Again, in other spellings: nothing happens.
    for (const again of [url, `${url}/`, 'HTTPS://NEW.example:443']) {
      expect(await edit(root, { add: again })).toMatchObject({ changed: false, mirrors: added.mirrors })
    }
    expect(readFileSync(join(root, file), 'utf8')).toBe(after)
    const removed = await edit(root, { remove: `${url}/` })
    expect(removed).toMatchObject({ changed: true, mirrors: added.mirrors.slice(0, -1) })
    // A list that was made for it stays, empty: without it dockerd would not forget the mirror at a reload.
    const hadList = /"registry-mirrors"\s*:\s*\[/.test(before)
    expect(readFileSync(join(root, file), 'utf8')).toBe(hadList ? before : after.replace(`["${url}"]`, '[]'))
    expect(await edit(root, { remove: url })).toMatchObject({ changed: false })
  })

  it('UTF-16, as Notepad writes it', async () => {
    const text = '\uFEFF{\r\n  "debug": true\r\n}\r\n'
    const root = machine({ [file]: Buffer.from(text, 'utf16le') })
    await edit(root, { add: url })
    const after = text.replace('true', `true,\r\n  "registry-mirrors": ["${url}"]`)
    expect(readFileSync(join(root, file)).equals(Buffer.from(after, 'utf16le'))).toBe(true)
  })

  it.each([
    ['the first', 0, '["https://b.example", "https://c.example"]'],
    ['one in the middle', 1, '["https://a.example", "https://c.example"]'],
    ['the last', 2, '["https://a.example", "https://b.example"]'],
  ])('%s of three is removed', async (_, at, expected) => {
    const all = ['https://a.example', 'https://b.example', 'https://c.example']
    const root = machine({ [file]: `{"registry-mirrors": ${JSON.stringify(all).replaceAll(',', ', ')}}` })
    await edit(root, { remove: all[at] ?? '' })
    expect(readFileSync(join(root, file), 'utf8')).toBe(`{"registry-mirrors": ${expected}}`)
  })

  it('all spellings of one are removed', async () => {
    const root = machine({
      [file]: `{"registry-mirrors": ["${url}/", "https://a.example", "${url}", "https://NEW.example:443/"]}`,
    })
    await edit(root, { remove: url })
    expect(readFileSync(join(root, file), 'utf8')).toBe('{"registry-mirrors": ["https://a.example"]}')
  })

  it.each([
    ['["https://a.example"]', `["${url}", "https://a.example"]`],
    ['[\n    "https://a.example"\n  ]', `[\n    "${url}",\n    "https://a.example"\n  ]`],
    ['[]', `["${url}"]`],
  ])('before the others in %j', async (before, after) => {
    const root = machine({ [file]: `{"registry-mirrors": ${before}}` })
    await edit(root, { add: url, first: true })
    expect(readFileSync(join(root, file), 'utf8')).toBe(`{"registry-mirrors": ${after}}`)
  })

  it('a file that is not there is begun; where there is a rootless one, that', async () => {
    const root = machine()
    await edit(root, { add: url })
    expect(readFileSync(join(root, file), 'utf8')).toBe(`{\n  "registry-mirrors": ["${url}"]\n}\n`)
    expect(statSync(join(root, file)).mode & 0o777).toBe(0o644)
    const rootless = machine({ 'home/.config/docker/daemon.json': '{}' })
    const { file: edited, backup } = await edit(rootless, { add: url })
    expect(edited).toBe(join(rootless, 'home/.config/docker/daemon.json'))
    expect(backup).toContain('/home/.config/docker/daemon.json.bak-')
  })

  it('each edit has a copy of its own, also within one second', async () => {
    const root = machine({ [file]: '{}' })
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
    const { backup: first = '' } = await edit(root, { add: url })
    const { backup: second = '' } = await edit(root, { remove: url })
    vi.useRealTimers()
    expect(second).toBe(`${first}-2`)
    expect(readFileSync(first, 'utf8')).toBe('{}')
    expect(readFileSync(second, 'utf8')).toContain(url)
  })

  it('the file that the running dockerd reads, before any other', async () => {
    const root = machine({ [file]: '{}', 'srv/d.json': '{}' })
    mkdirSync(join(root, 'proc/17'), { recursive: true })
    writeFileSync(join(root, 'proc/17/cmdline'), `/usr/bin/dockerd\0--config-file=${root}/srv/d.json\0`)
    expect((await edit(root, { add: url })).file).toBe(join(root, 'srv/d.json'))
  })

  it('T17: mode, owner and link stay', async () => {
    const root = machine({ 'srv/managed.json': '{}' })
    chmodSync(join(root, 'srv/managed.json'), 0o640)
    mkdirSync(join(root, 'etc/docker'), { recursive: true })
    symlinkSync('../../srv/managed.json', join(root, file))
    const { backup } = await edit(root, { add: url })
    expect(readlinkSync(join(root, file))).toBe('../../srv/managed.json')
    expect(readFileSync(join(root, 'srv/managed.json'), 'utf8')).toContain(url)
    expect(statSync(join(root, file)).mode & 0o777).toBe(0o640)
    expect(statSync(backup ?? '').mode & 0o777).toBe(0o640)
    expect(readdirSync(join(root, 'etc/docker'))).toEqual(['daemon.json'])
  })
})

describe('daemon.json: nothing is changed, and the reason is given', () => {
  it.each<[name: string, content: string | Buffer, reason: RegExp]>([
    ['a comment', '{\n  // mine\n  "debug": true\n}', /line 2, column 3: it has a comment/],
    ['a comment behind', '{"debug": true} /* mine */', /it has a comment/],
    ['a comma too many', '{\n  "debug": true,\n}', /line 3, column 1: /],
    ['no JSON', 'debug: true', /no JSON that dockerd takes/],
    ['cut short', '{"debug": true', /no JSON that dockerd takes/],
    ['two documents', '{} {}', /no JSON that dockerd takes/],
    ['a list', '["https://a.example"]', /not a JSON object/],
    ['a text', '"debug"', /not a JSON object/],
    ['the key twice', '{"registry-mirrors": [], "registry-mirrors": []}', /"registry-mirrors" is there twice/],
    ['another key twice', '{"debug": true, "debug": false}', /"debug" is there twice/],
    ['a key twice further in', '{"a": [{"b": 1, "b": 2}]}', /"b" is there twice/],
    ['an escape that hides a twin', '{"debug": true, "deb\\u0075g": false}', /"debug" is there twice/],
    ['the key in another case', '{"Registry-Mirrors": []}', /written in another case/],
    ['a text for a list', '{"registry-mirrors": "https://a.example"}', /not a list of texts/],
    ['null for a list', '{"registry-mirrors": null}', /not a list of texts/],
    ['a number in the list', '{"registry-mirrors": ["https://a.example", 7]}', /not a list of texts/],
    ['a huge file', `{"a": "${'x'.repeat(1_100_000)}"}`, /larger than/],
    ['bytes that are no text', Buffer.from([0x7b, 0xff, 0x7d]), /not a text in UTF-8/],
    ['nested beyond reason', `{"a": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`, /nested too deeply/],
  ])('%s', async (_, content, reason) => {
    const root = machine({ [file]: content })
    for (const change of [{ add: url }, { remove: url }]) {
      const failing = edit(root, change)
      await expect(failing).rejects.toMatchObject({ code: 'REFUSED', message: expect.stringMatching(reason) })
      await expect(failing).rejects.toThrow(`${join(root, file)} is left as it is: `)
    }
    expect(readFileSync(join(root, file))).toEqual(Buffer.from(content))
    expect(readdirSync(join(root, 'etc/docker'))).toEqual(['daemon.json'])
  })

  const others: [string, (path: string) => void, RegExp][] = [
    ["T25: in somebody else's folder", path => chownSync(dirname(path), 12_345, 12_345), /belongs to somebody else/],
    ['T25: below one of theirs', path => chownSync(join(path, '../..'), 12_345, 12_345), /belongs to somebody else/],
    [
      'T25: where a link leads below one of theirs',
      path => {
        const theirs = join(path, '../../theirs')
        mkdirSync(theirs)
        renameSync(dirname(path), join(theirs, 'docker'))
        chownSync(theirs, 12_345, 12_345)
        symlinkSync('theirs/docker', dirname(path))
      },
      /belongs to somebody else/,
    ],
  ]

  it.each([
    // Only root is led astray by others, and can give folders away.
    ...(process.getuid?.() === 0 ? others : []),
    ['marked read-only', (path: string) => chmodSync(path, 0o444), /marked read-only/],
    ['with a second name', (path: string) => linkSync(path, `${path}.too`), /second name/],
    [
      'T25: in a folder that everybody may change',
      (path: string) => chmodSync(dirname(path), 0o777),
      /everybody may change/,
    ],
    ['T25: below one', (path: string) => chmodSync(join(path, '../..'), 0o777), /everybody may change/],
  ])('%s', async (_, spoil, reason) => {
    const root = machine({ [file]: '{}' })
    spoil(join(root, file))
    await expect(edit(root, { add: url })).rejects.toMatchObject({
      code: 'REFUSED',
      message: expect.stringMatching(reason),
    })
    expect(readFileSync(join(root, file), 'utf8')).toBe('{}')
  })

  it.each([
    ['a folder', (path: string) => mkdirSync(path), /not a regular file/],
    ['a pipe', (path: string) => execFileSync('mkfifo', [path]), /not a regular file/],
    ['a link that leads nowhere', (path: string) => symlinkSync('nowhere', path), /leads nowhere/],
    [
      'T25: a link into a folder that everybody may change',
      (path: string) => {
        mkdirSync(join(dirname(path), 'open'))
        writeFileSync(join(dirname(path), 'open/d.json'), '{}')
        chmodSync(join(dirname(path), 'open'), 0o777)
        symlinkSync('open/d.json', path)
      },
      /everybody may change/,
    ],
  ])('%s', async (_, make, reason) => {
    const root = machine({ 'etc/docker/other': '' })
    make(join(root, file))
    const before = lstatSync(join(root, file)).ino
    await expect(edit(root, { add: url })).rejects.toMatchObject({
      code: 'REFUSED',
      message: expect.stringMatching(reason),
    })
    expect(lstatSync(join(root, file)).ino).toBe(before)
  })

  const unit = '[Service]\nExecStart=/usr/bin/dockerd -H fd://\n'
  const flag = 'ExecStart=/usr/bin/dockerd \\\n  --registry-mirror https://a.example\n'
  it.each([
    ['a unit', { 'lib/systemd/system/docker.service': `[Service]\n${flag}` }, /docker\.service/],
    [
      'a drop-in',
      {
        'lib/systemd/system/docker.service': unit,
        'etc/systemd/system/docker.service.d/m.conf': `[Service]\nExecStart=\n${flag}`,
      },
      /docker\.service\.d\/m\.conf/,
    ],
    [
      'the shell options',
      { 'etc/default/docker': 'DOCKER_OPTS="--registry-mirror=https://a.example"\n' },
      /etc\/default\/docker/,
    ],
    [
      'the unit’s options',
      { 'etc/sysconfig/docker': "OPTIONS='-D --registry-mirror https://a.example'\n" },
      /sysconfig/,
    ],
    [
      'the running process',
      { 'proc/4711/cmdline': '/usr/bin/dockerd\0--registry-mirror\0https://a.example\0' },
      /process 4711/,
    ],
  ])('mirrors in %s and in the file: dockerd would not start', async (_, files, where) => {
    const root = machine({ [file]: '{}', ...files })
    const failing = edit(root, { add: url })
    await expect(failing).rejects.toMatchObject({ code: 'REFUSED', message: expect.stringMatching(where) })
    await expect(failing).rejects.toThrow(/does not start when its file has mirrors too/)
    expect(readFileSync(join(root, file), 'utf8')).toBe('{}')
    // A file for another machine has nothing to do with this daemon.
    writeFileSync(join(root, 'other.json'), '{}')
    expect(await edit(root, { add: url }, join(root, 'other.json'))).toMatchObject({ changed: true })
  })

  it.each([
    ['a line that is a comment', { 'etc/default/docker': '# DOCKER_OPTS="--registry-mirror=https://a.example"\n' }],
    [
      'one that a drop-in takes back',
      {
        'lib/systemd/system/docker.service': `[Service]\n${flag}`,
        'etc/systemd/system/docker.service.d/o.conf': '[Service]\nExecStart=\nExecStart=/usr/bin/dockerd\n',
      },
    ],
    [
      'a unit that another hides',
      { 'lib/systemd/system/docker.service': `[Service]\n${flag}`, 'etc/systemd/system/docker.service': unit },
    ],
    ['another program', { 'proc/5/cmdline': '/usr/bin/vim\0--registry-mirror\0' }],
  ])('%s is no conflict', async (_, files) => {
    const root = machine({ [file]: '{}', ...files })
    expect(await edit(root, { add: url })).toMatchObject({ changed: true })
  })

  it.each([
    ['mirror.example', /does not begin with https/],
    ['https://ada:secret@mirror.example', /user name/],
    ['https://mirror.example?a=b', /query/],
  ])('%s is no mirror', async (add, reason) => {
    const root = machine({ [file]: '{}' })
    await expect(edit(root, { add })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(reason),
    })
    expect(readFileSync(join(root, file), 'utf8')).toBe('{}')
  })

  it('a dry run writes nothing, and shows the difference', async () => {
    const before = '{\n  "debug": true,\n  "a": 1,\n  "b": 2,\n  "c": 3,\n  "d": 4\n}\n'
    const root = machine({ [file]: before })
    const { diff, changed, backup } = await changeMirrors(
      { kind: 'daemon-json' },
      { add: url },
      options(root, { dryRun: true }),
    )
    expect(readFileSync(join(root, file), 'utf8')).toBe(before)
    expect(readdirSync(join(root, 'etc/docker'))).toEqual(['daemon.json'])
    expect({ changed, backup }).toEqual({ changed: true, backup: undefined })
    expect(diff?.split('\n').slice(2)).toEqual([
      '@@ -3,5 +3,6 @@',
      '   "a": 1,',
      '   "b": 2,',
      '   "c": 3,',
      '-  "d": 4',
      '+  "d": 4,',
      `+  "registry-mirrors": ["${url}"]`,
      ' }',
    ])
    const nowhere = machine()
    await changeMirrors({ kind: 'daemon-json' }, { add: url }, options(nowhere, { dryRun: true }))
    expect(existsSync(join(nowhere, 'etc'))).toBe(false)
  })
})
