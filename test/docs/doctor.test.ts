import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Step, stepNames } from '../../src/doctor/diagnosis.ts'
import { registryWithImage } from '../doctor/surroundings.ts'
import { closing } from '../helpers/http-send.ts'
import { commandBlocks } from './commands.ts'
import { openShell, readPage } from './page.ts'

const page = readPage('doctor.md')
const chinese = readPage('doctor.zh-CN.md')

/** What is typed or read by a program, and not translated. */
function wordsOf(text: string): string[] {
  return [...new Set([...text.matchAll(/`([^`\n]+)`/g)].map(([, word = '']) => word))].sort()
}

describe('every command of docs/doctor.md', () => {
  it('is one of those that are run here', () => {
    expect(page.commands).toHaveLength(5)
  })

  it.each(page.commands.filter(command => command.includes('registry.example:5000')))('%s', async command => {
    const { host } = await registryWithImage()
    const shell = closing(await openShell())
    const { code, stdout } = await shell.run(command.replace('registry.example:5000', host))
    expect(code).toBe(0)
    if (command.includes('> report.json')) {
      const { steps } = JSON.parse(readFileSync(join(shell.folder, 'report.json'), 'utf8'))
      expect(steps.map(({ name }: Step) => name).sort()).toEqual([...stepNames].sort())
    } else expect(stdout).toMatch(/A pull works\.|The registry answers\.|A pull works; /)
    if (command.includes('--write-probe')) expect(stdout).toContain('upload, mount')
  })

  it('a name of Docker Hub, which cannot be reached from a test', async () => {
    const shell = closing(await openShell({ HTTPS_PROXY: 'http://127.0.0.1:1' }))
    const { code, stdout } = await shell.run(page.commands.find(command => command.includes('doctor team/app')) ?? '')
    const { registry, steps } = JSON.parse(stdout)
    expect([code, registry, steps[0].details.repository]).toEqual([6, 'docker.io', 'team/app'])
  })

  it.each([
    ['doctor.md', page],
    ['doctor.zh-CN.md', chinese],
  ])('the table of %s has every step', (_, { text }) => {
    const named = [...text.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name)
    expect([...named].sort()).toEqual([...stepNames].sort())
  })

  it('stands in Chinese too, with the same commands, flags, fields and exit codes', () => {
    expect(commandBlocks(chinese.text)).toEqual(commandBlocks(page.text))
    expect(wordsOf(chinese.text)).toEqual(wordsOf(page.text))
  })
})
