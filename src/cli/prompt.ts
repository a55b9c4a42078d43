import { StringDecoder } from 'node:string_decoder'
import { RegctlError } from '../model/errors.ts'

/** The terminal, as `process` has it; a test hands in its own. */
export interface Terminal {
  stdin: NodeJS.ReadStream
  /** Questions go to stderr: stdout is data. */
  stderr: NodeJS.WritableStream
}

export interface AskOptions {
  signal?: AbortSignal | undefined
  /** What to do where there is no terminal: the hint of the error. */
  instead?: string | undefined
  terminal?: Terminal
}

const maxAnswer = 64 * 1024

/** Asks on the terminal; the answer comes without its line break. @throws RegctlError USAGE off a terminal, INTERRUPTED at Ctrl-C */
export function ask(question: string, options: AskOptions = {}): Promise<string> {
  return answer(question, options, true)
}

/** As {@link ask}, but nothing of what is typed is shown (T16). */
export function askSecret(question: string, options: AskOptions = {}): Promise<string> {
  return answer(question, options, false)
}

/** `y` or `yes` is true, anything else, also nothing, is false. @throws as {@link ask} */
export async function confirm(question: string, options: AskOptions = {}): Promise<boolean> {
  return /^y(?:es)?$/i.test((await ask(`${question} [y/N] `, options)).trim())
}

/**
 * Reads one line with the terminal in raw mode: the terminal echoes nothing, so we echo what may be seen and know
 * Ctrl-C (which raw mode delivers as a character), Ctrl-D, backspace and Ctrl-U ourselves.
 */
function answer(question: string, { signal, instead, terminal = process }: AskOptions, echo: boolean): Promise<string> {
  const { stdin, stderr } = terminal
  if (!stdin.isTTY) {
    const hint = instead ?? 'run it on a terminal'
    return Promise.reject(new RegctlError('USAGE', `there is no terminal to ask "${question.trim()}"`, { hint }))
  }
  return new Promise((resolve, reject) => {
    const decoder = new StringDecoder('utf8')
    const line: string[] = []
    const done = (settle: () => void) => {
      stdin.off('data', read)
      stdin.setRawMode(false)
      stdin.pause()
      signal?.removeEventListener('abort', abort)
      stderr.write('\n')
      settle()
    }
    const abort = () => done(() => reject(signal?.reason))
    const erase = (count: number) => {
      const erased = line.splice(Math.max(0, line.length - count)).length
      if (echo) stderr.write('\b \b'.repeat(erased))
    }
    /** True when the line is over. */
    const take = (character: string): boolean => {
      if (character === '\r' || character === '\n') done(() => resolve(line.join('')))
      else if (character === '\u0003') done(() => reject(new RegctlError('INTERRUPTED', 'interrupted')))
      else if (character === '\u0004' && line.length === 0) {
        done(() => reject(new RegctlError('USAGE', 'the input ended before an answer')))
      } else if (character === '\u007f' || character === '\b') erase(1)
      else if (character === '\u0015') erase(line.length)
      else if (character >= ' ' && line.length < maxAnswer) {
        line.push(character)
        if (echo) stderr.write(character)
      }
      return /[\r\n\u0003]/.test(character) || (character === '\u0004' && line.length === 0)
    }
    const read = (chunk: Buffer) => {
      const characters = [...decoder.write(chunk)]
      for (const [at, character] of characters.entries()) {
        if (!take(character)) continue
        // Typed ahead, or pasted: the next question's answer.
        const rest = characters.slice(character === '\r' && characters[at + 1] === '\n' ? at + 2 : at + 1).join('')
        if (rest !== '') stdin.unshift(Buffer.from(rest))
        return
      }
    }
    if (signal?.aborted) return reject(signal.reason)
    signal?.addEventListener('abort', abort)
    // Before the question: who answers at once would still be read by the terminal itself, and Ctrl-D would be lost.
    stdin.setRawMode(true)
    stderr.write(question)
    stdin.on('data', read)
    stdin.resume()
  })
}
