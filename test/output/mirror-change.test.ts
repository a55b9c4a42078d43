import { describe, expect, it } from 'vitest'
import type { MirrorChange } from '../../src/mirror/change.ts'
import { mirrorChangeText } from '../../src/output/mirror-change.ts'

const style = { isTTY: false, color: false, unicode: true, width: 80, height: 24 }
const change: MirrorChange = {
  kind: 'daemon-json',
  file: '/etc/docker/daemon.json',
  changed: true,
  mirrors: ['https://mirror.example'],
  backup: '/etc/docker/daemon.json.20260102',
  dryRun: false,
  validated: true,
  reloaded: false,
}
const text = (more: Partial<MirrorChange>) => mirrorChangeText({ ...change, ...more }, style).split('\n')

describe('a change of mirrors', () => {
  it('names the file, its mirrors and what was there', () => {
    expect(text({}).slice(0, 3)).toEqual([
      '/etc/docker/daemon.json: changed',
      '  https://mirror.example',
      'what was there: /etc/docker/daemon.json.20260102',
    ])
  })

  it.each([
    [{}, 'to put it to use: sudo systemctl reload docker'],
    [{ file: '/home/ada/.docker/daemon.json' }, 'to put it to use: restart Docker Desktop'],
    [{ reloaded: true }, 'Docker was reloaded and uses them'],
    [{ kind: 'hosts-toml' }, 'containerd reads it at the next pull'],
    [{ kind: 'registries-conf' }, 'Podman reads it at the next pull'],
  ] as const)('%j: %s', (more, next) => {
    expect(text(more)[3]).toBe(next)
  })

  it('says nothing of what is next where nothing changed', () => {
    expect(text({ changed: false, mirrors: [], backup: undefined })).toEqual([
      '/etc/docker/daemon.json: unchanged',
      '  no mirrors',
    ])
  })

  it('is its difference alone in a rehearsal; T14: with control characters shown', () => {
    const diff = '--- daemon.json\n+++ daemon.json\n-  "a"\n+  "\u001b[2J"'
    expect(mirrorChangeText({ ...change, dryRun: true, diff }, { ...style, color: true }).split('\n')).toEqual([
      '--- daemon.json',
      '+++ daemon.json',
      expect.stringMatching(/^\u001b\[31m- {2}"a"\u001b\[\d+m$/),
      expect.stringMatching(/^\u001b\[32m\+ {2}"[^\u001b]*\[2J"\u001b\[\d+m$/),
    ])
  })
})
