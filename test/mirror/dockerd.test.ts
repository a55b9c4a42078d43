import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { changeMirrors } from '../../src/mirror/change.ts'
import { runIn } from '../../src/mirror/dockerd.ts'

const url = 'https://new.example'

/** A machine whose dockerd, systemctl and docker are these shell scripts; each notes how it was called. */
function machine(programs: Readonly<Record<string, string>>) {
  const root = mkdtempSync(join(tmpdir(), 'regctl-dockerd-'))
  mkdirSync(join(root, 'bin'))
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(
      join(root, 'bin', name),
      `#!/bin/sh\nPATH=/usr/bin:/bin\necho "${name} $*" >> ${root}/calls\n${script}\n`,
    )
    chmodSync(join(root, 'bin', name), 0o755)
  }
  const file = join(root, 'daemon.json')
  writeFileSync(file, '{"debug": true}')
  const add = (more = {}) =>
    changeMirrors(
      { kind: 'daemon-json', path: file },
      { add: url },
      { engines: { docker: [], containerd: [], podman: [] }, run: runIn({ PATH: `bin:${root}/bin` }), root, ...more },
    )
  const calls = () => readFileSync(join(root, 'calls'), 'utf8').trim().split('\n')
  return { root, file, add, calls, text: () => readFileSync(file, 'utf8') }
}

const good = 'exit 0'
const uses = (...mirrors: string[]) => `echo '${JSON.stringify(mirrors)}'`

describe('dockerd', () => {
  it('is asked first, with the file that would be', async () => {
    const { root, add, calls } = machine({ dockerd: `cp "$3" "$(dirname "$0")/../seen"` })
    expect(await add()).toMatchObject({ validated: true, reloaded: false })
    expect(readFileSync(join(root, 'seen'), 'utf8')).toBe(`{"debug": true, "registry-mirrors": ["${url}"]}`)
    expect(calls()).toEqual([expect.stringMatching(/^dockerd --validate --config-file \/.*daemon\.json$/)])
  })

  it('that would not take it has its words told, and nothing is changed', async () => {
    const { file, root, add, text } = machine({
      dockerd: 'echo "unable to configure: unknown key: debugg" >&2; exit 1',
    })
    await expect(add()).rejects.toMatchObject({
      code: 'REFUSED',
      message: `${file} is left as it is: dockerd would not take it: unable to configure: unknown key: debugg`,
      hint: expect.stringContaining('--no-validate'),
    })
    expect(text()).toBe('{"debug": true}')
    expect(readdirSync(root).sort()).toEqual(['bin', 'calls', 'daemon.json'])
    expect(await add({ validate: false })).toMatchObject({ changed: true, validated: false })
  })

  it('T21: is looked for in absolute folders alone', async () => {
    expect(await runIn({ PATH: 'bin:.:' })('sh', ['-c', 'true'])).toBeUndefined()
    const env = { PATH: '/bin:/usr/bin', SAID: 'said' }
    expect(await runIn(env)('sh', ['-c', 'echo $SAID $HOME; echo why >&2; exit 3'])).toEqual({
      code: 3,
      output: 'said\n',
      error: 'why\n',
    })
  })
})

describe('a reload', () => {
  it('is done, and what docker uses is looked at', async () => {
    const { add, calls } = machine({ dockerd: good, systemctl: good, docker: uses(`${url}/`) })
    expect(await add({ reload: true })).toMatchObject({ reloaded: true })
    expect(calls().slice(1)).toEqual([
      'systemctl reload docker',
      'docker info --format {{json .RegistryConfig.Mirrors}}',
    ])
  })

  it('is not done in a dry run, nor for nothing', async () => {
    const { add, calls } = machine({ dockerd: good, systemctl: good, docker: uses(url) })
    await add({ reload: true, dryRun: true })
    await add({ reload: true })
    const before = calls().length
    expect(await add({ reload: true })).toMatchObject({ changed: false, reloaded: false })
    expect(calls().slice(before)).not.toContain('systemctl reload docker')
  })

  it.each([
    ['that did not read it', 'test -e "$0.reloaded" && echo \'["https://new.example/"]\' || echo "[]"'],
    ['that cannot be asked', undefined],
  ])('is done of a file that was written before, for a docker %s', async (_, docker) => {
    const systemctl = 'touch "$(dirname "$0")/docker.reloaded"'
    const { add, calls } = machine({ systemctl, ...(docker !== undefined && { docker }) })
    expect(await add()).toMatchObject({ changed: true, reloaded: false })
    expect(await add({ reload: true })).toMatchObject({ changed: false, reloaded: true })
    expect(calls()).toContain('systemctl reload docker')
  })

  it('of a file that was written before fails without touching it', async () => {
    const { file, add, text } = machine({ systemctl: 'exit 5' })
    await add()
    const written = text()
    await expect(add({ reload: true })).rejects.toThrow(`${file} is as it was`)
    expect(text()).toBe(written)
  })

  it.each([
    [
      'that fails',
      { systemctl: 'echo "Unit docker.service not found." >&2; exit 5' },
      /could not be reloaded: Unit docker\.service not found/,
    ],
    ['without systemctl', {}, /could not be reloaded: there is no systemctl/],
    [
      'that docker does not take',
      { systemctl: good, docker: uses('https://old.example/') },
      /uses these mirrors: https:\/\/old\.example;/,
    ],
    [
      'of a docker that does not answer',
      { systemctl: good, docker: 'echo "Cannot connect" >&2; exit 1' },
      /unknown \(Cannot connect\)/,
    ],
  ])('%s: the file is put back', async (_, programs, reason) => {
    const { file, add, text } = machine(programs)
    const failing = add({ reload: true })
    await expect(failing).rejects.toMatchObject({ code: 'FAILED', message: expect.stringMatching(reason) })
    await expect(failing).rejects.toThrow(`${file} is as it was before`)
    expect(text()).toBe('{"debug": true}')
  })
})
