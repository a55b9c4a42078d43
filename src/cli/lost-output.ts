let lost: NodeJS.ErrnoException | undefined
let isNeeded = false

/**
 * Whoever reads stdout may go at any time (`regctl tags … | head -1`): that is no failure. A full disk is one, and is told
 * when the command is over: a copy does not stop because its summary cannot be written. Called again once oclif is loaded,
 * whose own listener would throw.
 */
export function watchOutput(): void {
  process.stdout.removeAllListeners('error').on('error', heard)
  process.stderr.removeAllListeners('error').on('error', () => {})
}

/** From now on it is a failure when whoever reads stdout goes: half an archive is none. */
export function needOutput(): NodeJS.WriteStream {
  isNeeded = true
  return process.stdout
}

/** Settles when all that was written is out; what stdout lost is told on stderr and makes the exit code 1. */
export async function settleOutput(): Promise<void> {
  // A stream that failed holds nothing back, and says so only to a write.
  const failure = await flushed(process.stdout).then(last => lost ?? last)
  // The command has told of an archive that could not be written.
  if (failure && !(isNeeded && process.exitCode)) {
    process.stderr.write(`error: could not write the output (${failure.code ?? 'FAILED'})\n`)
    process.exitCode ||= 1
  }
  await flushed(process.stderr)
}

function heard(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE' && !isNeeded) process.exit()
  lost ??= error
}

function flushed(stream: NodeJS.WriteStream): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise(resolve => {
    stream.write('', error => resolve(error ?? undefined))
  })
}
