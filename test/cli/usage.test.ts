import { string } from '@oclif/core/args'
import { Command } from '@oclif/core/command'
import * as Flags from '@oclif/core/flags'
import { describe, expect, it } from 'vitest'
import { toRegctlError } from '../../src/cli/errors.ts'
import { Program } from '../../src/cli/program.ts'
import { RegctlError } from '../../src/model/errors.ts'
import { runCli } from '../helpers/cli.ts'

/** A command that only parses, to see what oclif itself throws. */
class Parse extends Command {
  static override args = { repository: string({ required: true }), shell: string({ options: ['bash', 'zsh'] }) }
  static override flags = {
    filter: Flags.string({ helpValue: 'GLOB' }),
    sort: Flags.option({ options: ['name', 'semver'] as const })(),
    limit: Flags.integer({ min: 1, max: 9 }),
    any: Flags.integer(),
    password: Flags.string(),
    'password-stdin': Flags.boolean({ exclusive: ['password'] }),
    exclude: Flags.string({ dependsOn: ['filter'] }),
    order: Flags.string({ default: 'up', exclusive: ['sort'] }),
    confidential: Flags.boolean({ hidden: true }),
    platform: Flags.string({
      parse: async text => {
        throw new RegctlError('USAGE', `${text} is not a platform`, { hint: 'os/arch' })
      },
    }),
  }
  override async run() {
    await this.parse(Parse)
  }
}

async function parseError(words: string[]): Promise<RegctlError> {
  const program = new Program('/nowhere', { name: 'regctl-js', version: '0.0.0', oclif: { bin: 'regctl' } })
  const thrown = await new Parse(words, program).run().catch(error => error)
  return toRegctlError(thrown, { command: 'regctl tags', flags: Parse.flags, example: 'regctl tags alpine' })
}

const help = 'see regctl tags --help'

describe('wrong usage', () => {
  it.each<[string, string, string]>([
    ['', 'regctl tags needs REPOSITORY', `for example: regctl tags alpine; ${help}`],
    ['a bash b', 'regctl tags does not take b', help],
    ['a --fliter=x', 'regctl tags has no flag --fliter', `did you mean --filter? ${help}`],
    ['a --confidentail', 'regctl tags has no flag --confidentail', help],
    ['a --frobnicate=hunter2', 'regctl tags has no flag --frobnicate', help],
    ['a --creds=ann:pw', 'regctl tags has no flag --creds', `log in once: regctl login HOST; ${help}`],
    ['a --sort semvre', '--sort takes name or semver, and not semvre', help],
    ['a --sort date', '--sort takes name or semver, and not date', help],
    ['a --sort', '--sort needs a value', `write --sort name|semver; ${help}`],
    ['a --filter', '--filter needs a value', `write --filter GLOB; ${help}`],
    ['a --filter --sort name', '--filter needs a value', `write --filter GLOB; ${help}`],
    ['a --filter x --filter y', '--filter is given more than once, and takes one value', help],
    ['a --any x', '--any takes a whole number, and not x', help],
    ['a --limit 0', '--limit takes a whole number of at least 1, and not 0', help],
    ['a --limit 10', '--limit takes a whole number of at most 9, and not 10', help],
    ['a --limit 1.5', '--limit takes a whole number, and not 1.5', help],
    ['a powershell', 'powershell is not bash or zsh', help],
    ['a --exclude x', '--exclude needs --filter beside it', `add --filter GLOB; ${help}`],
    ['a --platform x', '--platform: x is not a platform', 'os/arch'],
  ])('%j: %s', async (line, message, hint) => {
    expect(await parseError(line === '' ? [] : line.split(' '))).toMatchObject({ code: 'USAGE', message, hint })
  })

  it.each<[string, string[], string]>([
    ['an empty number', ['a', '--any', ''], '--any takes a whole number, and not ""'],
    ['an empty choice', ['a', '--sort', ''], '--sort takes name or semver, and not ""'],
    ['an empty surplus', ['a', 'bash', ''], 'regctl tags does not take ""'],
    [
      'a choice of two lines',
      ['a', '--sort', 'x to be one of: \ny'],
      String.raw`--sort takes name or semver, and not "x to be one of: \ny"`,
    ],
    ['a number of two lines', ['a', '--any', '1\n2'], String.raw`--any takes a whole number, and not "1\n2"`],
    ['a flag of an escape', ['a', '--\u001b[2J'], String.raw`regctl tags has no flag "--\u001b[2J"`],
    ['a surplus of a megabyte', ['a', 'bash', 'x'.repeat(1e6)], `regctl tags does not take "${'x'.repeat(100)}…"`],
  ])('%s is shown as what it is', async (_, words, message) => {
    expect(await parseError(words)).toMatchObject({ code: 'USAGE', message })
  })

  it('T15: two flags that exclude each other are named without their values', async () => {
    const error = await parseError(['a', '--password', 'hunter2', '--password-stdin'])
    expect(error).toMatchObject({
      code: 'USAGE',
      message: '--password-stdin and --password exclude each other',
      hint: `leave one of them out; ${help}`,
    })
    expect(JSON.stringify([error.message, error.hint, error.stack])).not.toContain('hunter2')
  })

  it('a default excludes nothing', async () => {
    const program = new Program('/nowhere', { name: 'regctl-js', version: '0.0.0', oclif: { bin: 'regctl' } })
    await expect(new Parse(['a', '--sort', 'name'], program).run()).resolves.toBeUndefined()
  })
})

describe('the program', () => {
  it.each<[string, string, RegExp]>([
    [
      'login localhost:9 -u u -p hunter2 --password-stdin',
      '--password-stdin and --password exclude each other',
      /leave one/,
    ],
    ['copy --force=no a b', '--force is there or not, and takes no value', /write --force alone/],
    ['copy a b --src-tls-verify=false', 'regctl copy has no flag --src-tls-verify', /--insecure HOST/],
    ['pull nginx', 'regctl has no command pull', /regctl copy IMAGE oci:DIR/],
    ['artifact', 'regctl artifact needs a command', /it has attach, list, pull, push, tree/],
    ['', 'regctl needs a command', /--help lists them/],
    ['artifact --frob', 'regctl artifact has no flag --frob', /regctl artifact --help/],
    ['artifact frob', 'regctl has no command artifact frob', /^regctl artifact --help lists the commands$/],
    ['artifcat pull x', 'regctl has no command artifcat', /did you mean regctl artifact pull\?/],
    ['manifest gte x', 'regctl has no command manifest gte', /did you mean regctl manifest get\?/],
  ])('%s --json', async (line, message, hint) => {
    const { code, stdout, stderr } = await runCli([...line.split(' ').filter(Boolean), '--json'])
    const { error } = JSON.parse(stdout)
    expect([code, stderr, error]).toMatchObject([2, '', { code: 'USAGE', message, exit: 2 }])
    expect(error.hint).toMatch(hint)
    expect(stdout).not.toContain('hunter2')
  })
})
