import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RegctlError } from '../model/errors.ts'
import { styleFor } from '../output/style.ts'
import { errorJson, errorText } from './errors.ts'
import { exitCodes } from './exit-codes.ts'
import { commandHelp, rootHelp, topicHelp } from './help.ts'
import { watchOutput } from './lost-output.ts'
import type { Surroundings } from './main.ts'
import { readManifest } from './manifest.ts'
import { resolveRequest } from './resolve.ts'

/** Answers help from the manifest, without oclif; else loads the one command that was asked for and runs it. Sets `process.exitCode`. */
export async function dispatch(argv: readonly string[], surroundings: Surroundings): Promise<void> {
  const manifest = surroundings.manifest ?? readManifest(surroundings.root)
  const request = resolveRequest(manifest, argv)
  const style = styleFor(process.stdout, process.env)
  if (request.kind === 'run') await runCommand(request.command.id, request.argv, surroundings)
  else if (request.kind === 'help') print(commandHelp(request.command, style))
  else if (request.kind === 'topic-help') {
    print(request.topic === '' ? rootHelp(manifest, style) : topicHelp(manifest, request.topic, style))
  } else fail(unknownCommand(request), argv)
}

/** The class reports its errors and sets the exit code. */
async function runCommand(id: string, argv: string[], { root, load }: Surroundings): Promise<void> {
  const [{ default: CommandClass }, { Program }] = await Promise.all([load(id), import('./program.ts')])
  watchOutput()
  CommandClass.id = id
  const pjson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  await new CommandClass(argv, new Program(root, pjson)).start()
}

function unknownCommand({ words, meant, topic }: { words: string; meant?: string; topic?: string }): RegctlError {
  const all = topic === undefined ? 'regctl' : `regctl ${topic}`
  const hint = meant ? `did you mean regctl ${meant}?` : `${all} --help lists the commands`
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
