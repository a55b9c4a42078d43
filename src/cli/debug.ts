/**
 * Whether stacks are asked for (`DEBUG=*`). The variable is taken out of the environment before any library can read it:
 * oclif would print the command line with its passwords, a proxy client its proxy's login (T15, T16).
 */
export const debug: boolean = take()

function take(): boolean {
  const asked = Boolean(process.env.DEBUG)
  delete process.env.DEBUG
  return asked
}
