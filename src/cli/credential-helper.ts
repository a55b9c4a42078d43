import { readFileSync } from 'node:fs'
import { serveHelper } from '../credentials/helper-protocol.ts'
import { keychainStore } from '../credentials/keychain.ts'

const maxInput = 1024 * 1024

/** Runs `docker-credential-regctl ACTION`: docker's credential helper protocol on stdin and stdout, over the system's keychain. */
export async function runCredentialHelper(action: string | undefined): Promise<void> {
  const input = action === 'version' ? '' : await readInput()
  const { output, exitCode } =
    input === undefined
      ? { output: 'the input is larger than 1 MiB\n', exitCode: 1 }
      : await serveHelper(action, input, keychainStore(), packageVersion())
  process.stdout.write(output)
  process.exitCode = exitCode
}

async function readInput(): Promise<string | undefined> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of process.stdin) {
    size += part.length
    if (size > maxInput) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

/** `package.json` is two folders up from `src/cli/` and from `dist/bin/` alike. */
function packageVersion(): string {
  const { version }: { version: string } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  )
  return version
}
