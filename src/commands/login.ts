import { string } from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../cli/command.ts'
import { readText } from '../cli/input.ts'
import { ask, askSecret } from '../cli/prompt.ts'
import type { Config } from '../config/config.ts'
import { isLoopback } from '../config/hosts.ts'
import { RegctlError } from '../model/errors.ts'
import { hubRegistry, parseRegistry } from '../model/reference.ts'
import { escapeText } from '../output/escape.ts'

interface Login {
  registry: string
  username: string
  store: string
}

const maxPassword = 64 * 1024
const instead = 'give -u NAME and --password-stdin'

export default class LoginCommand extends RegctlCommand<typeof LoginCommand, Login> {
  static override summary = 'log in to a registry'
  static override description =
    'Asks for what is missing, verifies the login with the registry, and then keeps it: in a configured credential helper, else in the keychain of the system, else in the config.json of docker.'
  static override examples = [
    { description: 'Docker Hub, asking for name and password', command: 'regctl login' },
    { description: 'in a script', command: 'echo "$TOKEN" | regctl login ghcr.io -u ada --password-stdin' },
    { description: 'where docker and skopeo find it too', command: 'regctl login registry.example --store file' },
  ]
  static override args = {
    registry: string({ description: 'host[:port]; Docker Hub when left out' }),
  }
  static override flags = {
    username: Flags.string({ char: 'u', helpValue: 'NAME', summary: 'user name' }),
    password: Flags.string({
      char: 'p',
      helpValue: 'PASSWORD',
      summary: 'password; others can see it, so better use --password-stdin',
    }),
    'password-stdin': Flags.boolean({ summary: 'read the password from stdin', exclusive: ['password'] }),
    store: Flags.option({
      options: ['auto', 'keychain', 'helper', 'file'] as const,
      default: 'auto' as const,
      helpValue: 'auto|keychain|helper|file',
      summary: 'where to keep it',
    })(),
    'no-verify': Flags.boolean({ summary: 'keep it without asking the registry' }),
  }
  static override hiddenAliases = ['registry:login', 'auth:login']
  /** Typed as `https://HOST`. */
  private encrypted: string | undefined

  protected override readonly mayMakeAuthFile = true

  protected async execute(args: ArgsOf<typeof LoginCommand>, flags: FlagsOf<typeof LoginCommand>): Promise<Login> {
    const registry = parseRegistry(args.registry ?? hubRegistry)
    await this.heedScheme(args.registry ?? '', registry)
    const { signal } = this
    const username = flags.username ?? (await ask(`User name for ${registry}: `, { signal, instead }))
    const password = await this.password(flags, username)
    if (password === '' && flags['password-stdin'])
      throw new RegctlError('USAGE', 'the password on standard input is empty', { hint: 'pipe it in, as one line' })
    if (username === '' || password === '')
      throw new RegctlError('USAGE', 'a login needs a user name and a password', { hint: instead })
    const { accounts } = await this.client()
    const { store, realmHost, verified } = await accounts.login(
      registry,
      { kind: 'password', username, password },
      { store: flags.store, verify: !flags['no-verify'], signal },
    )
    if (realmHost)
      this.notify({
        code: 'REALM_PINNED',
        message: `${registry} has its logins checked by ${realmHost}: the password goes there from now on`,
      })
    if (!verified && !flags['no-verify']) {
      this.notify({
        code: 'NOT_VERIFIED',
        message: `${registry} asks nobody to log in, so the password was not checked`,
      })
    }
    return { registry, username, store }
  }

  protected view({ registry, username, store }: Login): string {
    return escapeText(`logged in to ${registry} as ${username}, kept in: ${store}`)
  }

  /** The scheme is a wish about this password: it must not go out in plain where `https://` was typed, not even on loopback. */
  protected override async settings(): Promise<Config> {
    const config = await super.settings()
    const host = (name: string) => ({ ...config.host(name), ...(name === this.encrypted && { plainHttp: false }) })
    return { ...config, host }
  }

  private async heedScheme(text: string, registry: string): Promise<void> {
    if (/^https:/i.test(text)) this.encrypted = registry
    if (!/^http:/i.test(text) || isLoopback(registry)) return
    if ((await this.settings()).host(registry).plainHttp) return
    throw new RegctlError('USAGE', `http://${registry} would send the password without encryption`, {
      hint: `leave http:// out, or allow it with --plain-http ${registry}`,
    })
  }

  private async password(flags: FlagsOf<typeof LoginCommand>, username: string): Promise<string> {
    if (flags.password !== undefined) {
      this.notify({
        code: 'PASSWORD_IN_ARGUMENTS',
        message: 'a password in the arguments can be seen by others; use --password-stdin',
      })
      return flags.password
    }
    if (flags['password-stdin']) return readText('-', { cap: maxPassword, signal: this.signal })
    return askSecret(`Password for ${username}: `, { signal: this.signal, instead })
  }
}
