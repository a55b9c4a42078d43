import { RegctlError } from '../model/errors.ts'
import { type AskOptions, confirm } from './prompt.ts'

export interface Consent extends AskOptions {
  /** All that is about to happen, as lines for a person. */
  page: string
  /** The same in one sentence. */
  sentence: string
  /** `Delete it?` */
  question: string
}

/**
 * Has a person agree on the terminal to what cannot be undone, having shown all of it (T28).
 * @throws RegctlError USAGE off a terminal, FAILED when the answer is not yes, INTERRUPTED at Ctrl-C
 */
export async function consent({ page, sentence, question, ...options }: Consent): Promise<void> {
  const { stdin, stderr } = options.terminal ?? process
  stderr.write(`${page}\n`)
  if (!stdin.isTTY) throw new RegctlError('USAGE', `nothing was deleted: ${sentence}`, { hint: 'agree with --yes' })
  if (await confirm(question, options)) return
  throw new RegctlError('FAILED', 'nothing was deleted: the answer was not yes')
}
