// First of all, before any library is loaded.
import './debug.ts'

/** What the program needs to know of where it runs. */
export interface Surroundings {
  /** The package's folder. */
  root: string
  /** Another manifest than the one in {@link root}: `bin/dev.js` makes it from `src/`. */
  manifest?: import('./manifest.ts').Manifest
}

/**
 * Runs one command line (without `node` and the script) and ends the process with its exit code.
 * Nothing but this file and what the command line asks for is loaded.
 */
export async function main(argv: readonly string[], { root, manifest }: Surroundings): Promise<void> {
  survivePipes()
  const { dispatch } = await import('./dispatch.ts')
  await dispatch(argv, root, manifest)
  // What a client keeps open (idle connections, timers) must not keep the process; stdout may still hold some of the answer.
  await Promise.all([flushed(process.stdout), flushed(process.stderr)])
  process.exit()
}

/** Whoever reads stdout may go at any time (`regctl tags … | head -1`): that is no failure. */
function survivePipes(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  process.stderr.on('error', () => {})
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise(resolve => {
    if (stream.destroyed || stream.writableLength === 0) resolve()
    else stream.write('', () => resolve())
  })
}
