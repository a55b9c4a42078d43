// First of all, before any library is loaded.
import './debug.ts'
import { settleOutput, watchOutput } from './lost-output.ts'

/** What the program needs to know of where it runs. */
export interface Surroundings {
  /** The package's folder. */
  root: string
  /** Another manifest than the one in {@link root}: `bin/dev.js` makes it from `src/`. */
  manifest?: import('./manifest.ts').Manifest
  /** Loads the file of a command by its id. */
  load(id: string): Promise<{ default: import('./command.ts').RegctlCommandClass }>
}

/**
 * Runs one command line (without `node` and the script) and ends the process with its exit code.
 * Nothing but this file and what the command line asks for is loaded.
 */
export async function main(argv: readonly string[], surroundings: Surroundings): Promise<void> {
  watchOutput()
  const { dispatch } = await import('./dispatch.ts')
  await dispatch(argv, surroundings)
  // What a client keeps open (idle connections, timers) must not keep the process; stdout may still hold some of the answer.
  await settleOutput()
  process.exit()
}
