import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runCli } from '../helpers/cli.ts'

describe('the built program', () => {
  it.each([['--version'], ['-V'], ['version']])('regctl %s', async flag => {
    const { stdout, stderr, code } = await runCli([flag])
    expect(stdout).toBe(`regctl/0.1.0 ${process.platform}-${process.arch} node-${process.version}\n`)
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
  })

  it.each([
    [[], 0, 'USAGE'],
    [['--help'], 0, 'USAGE'],
    [['help', 'completion'], 0, 'SHELL'],
    [['completion', '-h'], 0, 'SHELL'],
    [['completion', 'fish'], 0, 'complete -c regctl'],
    [['-v', 'completion', 'fish'], 0, 'complete -c regctl'],
  ])('%j answers on stdout', async (args, code, text) => {
    const run = await runCli(args)
    expect(run).toMatchObject({ code, stderr: '' })
    expect(run.stdout).toContain(text)
  })

  it.each([
    [['cmopletion'], 'error: regctl has no command cmopletion\nhint: did you mean regctl completion?\n'],
    [
      ['--frobnicate'],
      'error: regctl has no flag --frobnicate\nhint: flags stand behind a command; regctl --help lists them\n',
    ],
    [
      ['completion'],
      expect.stringMatching(
        /^error: regctl completion needs SHELL\nhint: for example: source <\(regctl completion bash\); see/,
      ),
    ],
    [['completion', 'tcsh'], 'error: tcsh is not bash, zsh or fish\nhint: see regctl completion --help\n'],
  ])('%j is wrong usage', async (args, stderr) => {
    expect(await runCli(args)).toEqual({ code: 2, stdout: '', stderr })
    const json = await runCli([...args, '--json'])
    expect(json).toMatchObject({ code: 2, stderr: '' })
    expect(JSON.parse(json.stdout)).toEqual({
      error: { code: 'USAGE', message: expect.any(String), hint: expect.any(String), exit: 2 },
    })
  })

  it('prints one JSON document', async () => {
    const { stdout } = await runCli(['completion', 'bash', '--json'])
    expect(JSON.parse(stdout)).toEqual({ shell: 'bash', script: expect.stringContaining('complete') })
  })

  it('T14: shows control characters of what was typed', async () => {
    const { stderr } = await runCli(['\u001b[2J\u202e'])
    expect(stderr).toContain('"\\u001b[2J\\u202e"')
  })

  it('T16: DEBUG does not show the command line', async () => {
    const { stdout, stderr } = await runCli(['completion', 'fish', '--authfile', 'canary'], { env: { DEBUG: '*' } })
    expect(stdout + stderr).not.toContain('canary')
  })

  it('piped, has not one escape sequence; with FORCE_COLOR, it has', async () => {
    const plain = await runCli(['--help'], { env: { TERM: 'xterm-256color' } })
    expect(plain.stdout).not.toContain('\u001b')
    expect((await runCli(['--help'], { env: { FORCE_COLOR: '1' } })).stdout).toContain('\u001b[1m')
  })

  it('ends quietly when nobody reads any more', async () => {
    const program = join(import.meta.dirname, '../../bin/run.js')
    const { spawnSync } = await import('node:child_process')
    const line = `"${process.execPath}" "${program}" completion fish | true; echo "\${PIPESTATUS[0]}"`
    const { stdout, stderr } = spawnSync('bash', ['-c', line], { encoding: 'utf8' })
    expect({ stdout, stderr }).toEqual({ stdout: '0\n', stderr: '' })
  })

  it('writes nothing into an empty home but the compile cache', async () => {
    const { mkdtempSync, readdirSync, rmSync } = await import('node:fs')
    const home = mkdtempSync('/tmp/regctl-home-')
    await runCli(['completion', 'fish'], { env: { HOME: home } })
    expect(readdirSync(home).filter(name => name !== '.cache')).toEqual([])
    rmSync(home, { recursive: true })
  })
})
