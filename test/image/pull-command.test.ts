import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { type PullTool, pullCommands } from '../../src/image/pull-command.ts'
import { digestOf } from '../../src/model/digest.ts'
import { shellWord } from '../../src/model/shell.ts'

const digest = digestOf(Buffer.from('x'))
const repository = 'docker.io/library/nginx'

describe('commands to pull', () => {
  it.each<[tool: PullTool, tag: string, pinned: string]>([
    ['docker', `docker pull ${repository}:1.27`, `docker pull ${repository}@${digest}`],
    ['podman', `podman pull ${repository}:1.27`, `podman pull ${repository}@${digest}`],
    ['nerdctl', `nerdctl pull ${repository}:1.27`, `nerdctl pull ${repository}@${digest}`],
    ['regctl', `regctl copy ${repository}:1.27 oci:nginx:1.27`, `regctl copy ${repository}@${digest} oci:nginx:1.27`],
  ])('%s', (tool, tag, pinned) => {
    expect(pullCommands(tool, { repository, tag: '1.27', digest })).toEqual({ tag, digest: pinned })
  })

  it('name only what is known', () => {
    expect(pullCommands('docker', { repository, digest })).toEqual({ digest: `docker pull ${repository}@${digest}` })
    expect(pullCommands('docker', { repository, tag: '1' })).toEqual({ tag: `docker pull ${repository}:1` })
  })

  it.each(['a', 'a b', "it's", "'a' 'b'", '$(reboot)', '`x`', '', 'a;b', 'a\nb', '*', '~', '"', '\\', '!', '\u202e'])(
    'T14: %j is one word of a shell, whatever it holds',
    word => {
      expect(execFileSync('/bin/sh', ['-c', `printf %s ${shellWord(word)}`]).toString()).toBe(word)
    },
  )
})
