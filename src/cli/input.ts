import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { ofFile } from '../files/reading.ts'
import { RegctlError } from '../model/errors.ts'

export interface InputOptions {
  signal?: AbortSignal | undefined
  stdin?: Readable & { isTTY?: boolean }
}

/** Whether content comes from stdin: no file was named, or `-`. @throws RegctlError USAGE where stdin is a terminal */
export function isStdin(name: string | undefined, { stdin = process.stdin }: InputOptions = {}): boolean {
  if (name !== undefined && name !== '-') return false
  if (!stdin.isTTY) return true
  throw new RegctlError('USAGE', 'there is nothing on stdin', { hint: 'name a file, or pipe the content in' })
}

/** All of a file or of stdin, byte for byte. @throws RegctlError USAGE when it is longer than `cap` bytes, the signal's reason at Ctrl-C */
export async function readInput(
  name: string | undefined,
  { cap, signal, stdin = process.stdin }: InputOptions & { cap: number },
): Promise<Buffer> {
  return readWhole(isStdin(name, { stdin }) ? '-' : (name ?? ''), { cap, signal, stdin })
}

/** A secret in a file, or with `-` on stdin, which may be a terminal: without its last line break. @throws as {@link readInput} */
export async function readText(name: string, options: InputOptions & { cap: number }): Promise<string> {
  return (await readWhole(name, options)).toString('utf8').replace(/\r?\n$/, '')
}

async function readWhole(
  name: string,
  { cap, signal, stdin = process.stdin }: InputOptions & { cap: number },
): Promise<Buffer> {
  const isPiped = name === '-'
  const stream = isPiped ? stdin : createReadStream(name)
  const abort = () => stream.destroy(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  if (signal?.aborted) abort()
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of stream) {
      const bytes = Buffer.from(chunk)
      size += bytes.length
      if (size > cap)
        throw new RegctlError(
          'USAGE',
          `${isPiped ? 'stdin' : name} is longer than the ${cap} bytes that are taken here`,
        )
      chunks.push(bytes)
    }
  } catch (error) {
    throw isPiped ? error : ofFile(name, error)
  } finally {
    signal?.removeEventListener('abort', abort)
  }
  return Buffer.concat(chunks)
}
