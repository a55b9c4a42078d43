import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { descriptorOf } from '../../src/model/descriptor.ts'
import { mediaTypes } from '../../src/model/media-types.ts'
import { makeArtifact, makeImage, makeIndex, type Sample } from '../helpers/images.ts'
import { createContents } from '../helpers/registries/contents.ts'
import { createHub } from '../helpers/registries/hub.ts'
import { startWorld, type World } from '../helpers/registries/world.ts'
import { commandsIn, type PageCommand, shapeOf } from './commands.ts'
import { openShell, type Shell } from './page.ts'

const root = join(import.meta.dirname, '..', '..')
const commandsOf = (page: string) => commandsIn(readFileSync(join(root, 'docs', `${page}.md`), 'utf8'))
const platforms = ['linux/amd64', 'linux/arm64/v8']
const index = (seed: string) => makeIndex({ platforms, seed })

/** Images by registry, repository and tag. */
type Images = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, Sample>>>>>>

interface Subject {
  images: Images
  /** What the page takes for granted: files, other programs. */
  prepare?: (shell: Shell) => unknown
  /** What a command does in a test that it does not do for a reader. */
  instead?: Readonly<Record<string, Partial<PageCommand>>>
}

const app = { '1.2': index('two'), '1.3': index('three') }
const config = Buffer.from('{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]}}')
const layer = Buffer.from('a layer')
const manifest = JSON.stringify({
  schemaVersion: 2,
  mediaType: mediaTypes.ociManifest,
  config: descriptorOf(config, mediaTypes.ociConfig),
  layers: [descriptorOf(layer, 'application/vnd.oci.image.layer.v1.tar+gzip')],
})

const subjects: Readonly<Record<string, Subject>> = {
  copy: {
    images: {
      'ghcr.io': {
        'team/app': { '0.9': index('nine'), '1.2': app['1.2'], '1.3.0': app['1.3'], '1.4.0': index('four') },
      },
      'registry.example': { app: { '1.2.0': app['1.2'], '1.3.0': app['1.3'] } },
      'us.example': { nginx: { '1.27': index('nginx') } },
      'docker.io': { 'library/nginx': { '1.27': index('nginx') } },
    },
  },
  tags: {
    images: {
      'registry.example': {
        app: {
          ...{ '1.2.3': index('two'), latest: index('old'), '1.3': index('four') },
          ...{ 'pr-2': index('pr-2'), 'pr-2-amd64': index('pr-2'), 'pr-3': index('pr-3'), 'pr-4': index('four') },
        },
      },
    },
    // Nobody can be asked here.
    instead: { 'regctl delete registry.example/app:1.2': { code: 2, output: [] } },
  },
  manifests: {
    images: { 'registry.example': { app } },
    prepare(shell) {
      shell.write('config.json', config.toString())
      shell.write('layer.tar.gz', layer.toString())
      shell.write('manifest.json', manifest)
    },
    // What these two have is other than on the page.
    instead: {
      'regctl inspect registry.example/app:1.2 registry.example/app:1.3 --platform linux/amd64': { output: [] },
    },
  },
  artifacts: {
    images: {
      'registry.example': {
        app: {
          '1.2': index('two'),
          [`${index('two').root.digest.replace(':', '-')}.sig`]: makeArtifact({
            artifactType: 'application/vnd.example',
          }),
        },
      },
    },
    async prepare(shell) {
      shell.write('app.yaml', 'level: info\n')
      shell.write('notes.txt', 'notes\n')
      shell.write('sbom.json', '{}')
      const attach = 'regctl artifact attach registry.example/app:1.2 sbom.json --artifact-type'
      await shell.run(`${attach} application/spdx+json --platform linux/arm64`)
      const time = '--annotation org.opencontainers.image.created=2026-01-02T03:04:05Z'
      await shell.run(`${attach} application/vnd.example.report ${time}`)
    },
  },
  indexes: {
    images: {
      'registry.example': {
        app: Object.fromEntries(
          ['linux/amd64', 'linux/arm64', 'linux/386'].map(platform => [
            `1.2-${platform.slice(6)}`,
            makeImage({ platform, seed: platform }),
          ]),
        ),
      },
      'docker.io': { 'library/build': { riscv: makeImage({ platform: 'linux/riscv64', seed: 'riscv' }) } },
    },
    prepare: shell => shell.run('regctl copy build:riscv oci:build:riscv'),
  },
  places: {
    images: { 'docker.io': { 'library/nginx': { latest: index('nginx') }, 'library/app': { '2': index('two') } } },
    prepare(shell) {
      const save = 'regctl copy -q docker.io/library/app:2 docker-archive:- --platform linux/amd64'
      shell.write(
        '.bin/docker',
        `#!/bin/sh\ncase $1 in save) ${save};; load) exec tar -tf - >/dev/null;; esac\n`,
        0o755,
      )
      shell.write('.bin/ssh', '#!/bin/sh\nexec sh -c "$2"\n', 0o755)
    },
  },
}

describe.each(Object.entries(subjects))('docs/%s.md', (page, { images, prepare, instead = {} }) => {
  let world: World
  let shell: Shell
  beforeAll(async () => {
    const hub = createHub()
    const names = ['registry.example', 'ghcr.io', 'eu.example', 'us.example', 'old.example', 'reg.local', 'reg.example']
    const others = names.map(host => ({ host, contents: createContents() }))
    for (const { host, contents } of [{ host: 'docker.io', ...hub }, ...others]) {
      for (const [repository, tags] of Object.entries(images[host] ?? {})) {
        for (const [tag, sample] of Object.entries(tags)) await contents.push(repository, sample, tag)
      }
    }
    world = await startWorld({
      ...hub.hosts,
      ...Object.fromEntries(others.map(({ host, contents }) => [host, contents.v2])),
    })
    shell = await openShell(world.env)
    await prepare?.(shell)
  }, 180_000)
  afterAll(async () => {
    await world.close()
    shell.close()
  })

  /** In one home, one after the other, as a reader would; what a shell keeps in variables is kept nowhere, and not needed. */
  it.each(commandsOf(page).map(command => [command.line, command] as const))(
    '$ %s',
    async (_, command) => {
      const { line, code, output } = { ...command, ...instead[command.line] }
      const run = await shell.run(line)
      expect(run.code, run.stderr).toBe(code)
      const [first = ''] = output
      // A result may be told behind a warning; a slow machine tells of progress there too.
      const warnings = run.stderr.split('\n').filter(each => each.startsWith('warning: '))
      const said = first.startsWith('warning: ') ? warnings.join('\n') : run.stdout
      if (first.startsWith('{')) expect(keysOf(JSON.parse(said))).toEqual(keysOf(JSON.parse(output.join('\n'))))
      else if (output.length > 0) expect(shapeOf(said.trimEnd().split('\n'))).toEqual(shapeOf(output))
    },
    180_000,
  )

  it('is run', () => expect(commandsOf(page).length).toBeGreaterThan(0))
})

/** Which keys a document has, at every level; `retries` is there only where there were some. */
function keysOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return typeof value
  const entries = Object.entries(value).filter(([key]) => key !== 'retries')
  return Object.fromEntries(entries.map(([key, each]) => [key, keysOf(each)]))
}
