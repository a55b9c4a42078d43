import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { RegctlError } from '../model/errors.ts'
import { styleFor } from '../output/style.ts'
import type { RegctlCommandClass } from './command.ts'
import { errorJson, errorText } from './errors.ts'
import { exitCodes } from './exit-codes.ts'
import { commandHelp, rootHelp, topicHelp } from './help.ts'
import { watchOutput } from './lost-output.ts'
import { type Manifest, type ManifestCommand, readManifest } from './manifest.ts'
import { resolveRequest } from './resolve.ts'

/** Answers help from the manifest, without oclif; else loads the one command that was asked for and runs it. Sets `process.exitCode`. */
export async function dispatch(argv: readonly string[], root: string, given?: Manifest): Promise<void> {
  const manifest = given ?? (await readManifest(root))
  const request = resolveRequest(manifest, argv)
  const style = styleFor(process.stdout, process.env)
  if (request.kind === 'run') await runCommand(request.command, request.argv, root)
  else if (request.kind === 'help') print(commandHelp(request.command, style))
  else if (request.kind === 'topic-help') {
    print(request.topic === '' ? rootHelp(manifest, style) : topicHelp(manifest, request.topic, style))
  } else fail(unknownCommand(request), argv)
}

/** The class reports its errors and sets the exit code. */
async function runCommand({ id, relativePath }: ManifestCommand, argv: string[], root: string): Promise<void> {
  const file = pathToFileURL(join(root, ...relativePath)).href
  const [{ default: CommandClass }, { Program }, text] = await Promise.all([
    import(file) as Promise<{ default: RegctlCommandClass }>,
    import('./program.ts'),
    readFile(join(root, 'package.json'), 'utf8'),
  ])
  watchOutput()
  CommandClass.id = id
  await new CommandClass(argv, new Program(root, JSON.parse(text))).start()
}

function unknownCommand({ words, meant }: { words: string; meant?: string }): RegctlError {
  const hint = meant ? `did you mean regctl ${meant}?` : 'regctl --help lists the commands'
  return new RegctlError(
    'USAGE',
    words.startsWith('-') ? `regctl has no flag ${words}` : `regctl has no command ${words}`,
    {
      hint,
    },
  )
}

function fail(error: RegctlError, argv: readonly string[]): void {
  if (argv.includes('--json')) print(errorJson(error))
  else process.stderr.write(`${errorText(error, { style: styleFor(process.stderr, process.env), debug: false })}\n`)
  process.exitCode = exitCodes[error.code]
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
