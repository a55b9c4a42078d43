import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RegctlError } from '../model/errors.ts'
import { styleFor } from '../output/style.ts'
import { asksJson } from './arguments.ts'
import { errorJson, errorText } from './errors.ts'
import { exitCodes } from './exit-codes.ts'
import { foreignCommands, foreignFlags } from './foreign.ts'
import { commandHelp, rootHelp, topicHelp, wordsUnder } from './help.ts'
import { watchOutput } from './lost-output.ts'
import type { Surroundings } from './main.ts'
import { type Manifest, readManifest } from './manifest.ts'
import { resolveRequest } from './resolve.ts'
import { shown } from './usage.ts'

/** Answers help from the manifest, without oclif; else loads the one command that was asked for and runs it. Sets `process.exitCode`. */
export async function dispatch(argv: readonly string[], surroundings: Surroundings): Promise<void> {
  const manifest = surroundings.manifest ?? readManifest(surroundings.root)
  const request = resolveRequest(manifest, argv)
  const style = styleFor(process.stdout, process.env)
  if (request.kind === 'run') await runCommand(request.command.id, request.argv, surroundings)
  else if (request.kind === 'help') print(commandHelp(request.command, style))
  else if (request.kind === 'topic-help') {
    print(request.topic === '' ? rootHelp(manifest, style) : topicHelp(manifest, request.topic, style))
  } else fail(request.kind === 'bare' ? bareTopic(manifest, request) : unknownCommand(request), argv)
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
  const elsewhere = foreignCommands.get(words)
  const near = meant ? `did you mean regctl ${meant}?` : `${all} --help lists the commands`
  return new RegctlError('USAGE', `regctl has no command ${words.split(' ').map(shown).join(' ')}`, {
    hint: elsewhere ?? near,
  })
}

/** No page where a script waits for a document, and none over a flag that nobody knows. */
function bareTopic(manifest: Manifest, { topic, flag }: { topic: string; flag?: string }): RegctlError {
  const all = topic === '' ? 'regctl' : `regctl ${topic}`
  if (flag !== undefined) {
    const name = flag.replace(/=.*$/s, '')
    const hint = foreignFlags('').get(name) ?? `flags stand behind a command; ${all} --help lists them`
    return new RegctlError('USAGE', `${all} has no flag ${shown(name)}`, { hint })
  }
  const below = topic === '' ? undefined : wordsUnder(manifest.commands, topic)
  const hint = below === undefined ? 'regctl --help lists them' : `it has ${below}`
  return new RegctlError('USAGE', `${all} needs a command`, { hint })
}

function fail(error: RegctlError, argv: readonly string[]): void {
  if (asksJson(argv)) print(errorJson(error))
  else process.stderr.write(`${errorText(error, { style: styleFor(process.stderr, process.env), debug: false })}\n`)
  process.exitCode = exitCodes[error.code]
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
