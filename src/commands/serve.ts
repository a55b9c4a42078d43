import { constants } from 'node:fs'
import { access, mkdir, readdir, readFile } from 'node:fs/promises'
import * as Flags from '@oclif/core/flags'
import { type FlagsOf, RegctlCommand } from '../cli/command.ts'
import { NotFoundError, RegctlError } from '../model/errors.ts'
import { escapeText } from '../output/escape.ts'

export default class ServeCommand extends RegctlCommand<typeof ServeCommand, undefined> {
  static override summary = 'run a small registry'
  static override description =
    'In memory, or over a folder with an OCI layout for each repository. For tests, CI and air gaps: it listens on this machine alone unless told otherwise, and ends with Ctrl-C.'
  static override examples = [
    'regctl serve',
    {
      description: 'kept in a folder, with passwords',
      command: 'htpasswd -Bc users ada && regctl serve --dir images --htpasswd users',
    },
    { description: 'for others to pull from', command: 'regctl serve --host 0.0.0.0 --dir images --read-only' },
  ]
  static override hiddenAliases = ['registry:serve']
  static override flags = {
    port: Flags.integer({ min: 0, max: 65535, default: 5000, helpValue: 'N', summary: 'port; 0 takes a free one' }),
    host: Flags.string({ default: '127.0.0.1', helpValue: 'ADDRESS', summary: 'address to listen on' }),
    dir: Flags.string({ helpValue: 'DIR', summary: 'keep everything in this folder instead of memory' }),
    'read-only': Flags.boolean({ summary: 'pulls only' }),
    htpasswd: Flags.string({ helpValue: 'FILE', summary: 'ask for a password (bcrypt, as htpasswd -B writes it)' }),
  }

  protected async execute(_args: object, flags: FlagsOf<typeof ServeCommand>): Promise<undefined> {
    const [{ createRegistryServer }, { memoryRepositories }, { layoutRepositories }, { parseHtpasswd }] =
      await Promise.all([
        import('../server/server.ts'),
        import('../server/repositories.ts'),
        import('../server/layout-repositories.ts'),
        import('../server/htpasswd.ts'),
      ])
    if (flags.dir) await checkFolder(flags.dir, flags['read-only'])
    const server = createRegistryServer({
      repositories: flags.dir ? layoutRepositories(flags.dir) : memoryRepositories(),
      readOnly: flags['read-only'],
      users: flags.htpasswd ? parseHtpasswd(await readText(flags.htpasswd)) : undefined,
      onRequest: flags.verbose
        ? ({ method, path, status, bytes }) =>
            process.stderr.write(`${escapeText(`${method} ${path} ${status} ${bytes}`)}\n`)
        : undefined,
      onError: error =>
        this.notify({ code: 'SERVER_ERROR', message: error instanceof Error ? error.message : 'a request failed' }),
    })
    const { url } = await server.listen({ host: flags.host, port: flags.port })
    process.stdout.write(flags.json ? `${JSON.stringify({ url })}\n` : `listening on ${url}\n`)
    await stopped(this.signal)
    await server.close()
    return undefined
  }

  protected view(): string {
    return ''
  }
}

/** Refuses at the start what every request would fail on. */
async function checkFolder(dir: string, readOnly: boolean): Promise<void> {
  try {
    if (!readOnly) await mkdir(dir, { recursive: true })
    await access(dir, readOnly ? constants.R_OK : constants.R_OK | constants.W_OK)
    await readdir(dir)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new RegctlError(code === 'ENOENT' ? 'NOT_FOUND' : 'FAILED', `could not use ${dir} as a folder (${code})`, {
      hint: readOnly ? 'name a folder that can be read' : 'name a folder that can be written, or serve it --read-only',
      cause,
    })
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new NotFoundError(`could not read ${path}`, { cause })
  }
}

/** Being stopped is how a server ends well. */
function stopped(signal: AbortSignal): Promise<void> {
  return new Promise(resolve =>
    signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true }),
  )
}
