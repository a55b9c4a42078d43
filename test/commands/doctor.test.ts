import { describe, expect, it } from 'vitest'
import { closedPort, registryWithImage } from '../doctor/surroundings.ts'
import { runCli } from '../helpers/cli.ts'

describe('doctor', () => {
  it('prints a page, and only that', async () => {
    const { host } = await registryWithImage()
    const { code, stdout, stderr } = await runCli(['doctor', `${host}/team/app:1.2`])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const lines = stdout.split('\n')
    expect(lines[0]).toBe(`ok   name        ${host}/team/app:1.2, at http://${host}`)
    expect(lines.slice(-3)).toEqual(['', 'A pull works.', ''])
  })

  it('a failure is on the page and in the exit code', async () => {
    const host = await closedPort()
    const { code, stdout, stderr } = await runCli(['doctor', `${host}/team/app`])
    expect({ code, stderr }).toEqual({ code: 6, stderr: '' })
    expect(stdout).toContain(`FAIL tcp         ${host} refused the connection\n                 -> check the port`)
    expect(stdout).toContain('not looked at: tls, api, challenge, token, manifest, blob, clock, features, limits\n')
    expect(stdout.endsWith('\n\nA pull fails at tcp.\n')).toBe(true)
  })

  it('--json is one document', async () => {
    const { host } = await registryWithImage()
    const { stdout } = await runCli(['doctor', host, '--json'])
    const { registry, steps } = JSON.parse(stdout)
    expect(registry).toBe(host)
    expect(steps[3]).toEqual({ name: 'tcp', status: 'ok', summary: expect.any(String), details: expect.any(Object) })
  })

  it.each([
    [[], 2, 'regctl doctor needs REGISTRY', 'regctl doctor --help'],
    [['registry.example/APP'], 2, 'is not an image reference', 'lower case'],
    [['a', 'b'], 2, 'regctl doctor does not take b', ''],
    [['registry.example', '--write-prob'], 2, 'has no flag --write-prob', '--write-probe'],
  ])('%j is wrong usage', async (args, exit, message, hint) => {
    const { code, stdout, stderr } = await runCli(['doctor', ...args])
    expect({ code, stdout }).toEqual({ code: exit, stdout: '' })
    expect(stderr).toContain(message)
    expect(stderr).toContain(hint)
  })
})
