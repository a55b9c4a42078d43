import { RegctlError } from '../model/errors.ts'
import type { Pipes } from '../store/archive-file.ts'
import { needOutput } from './lost-output.ts'

/** What `-` means in `oci-archive:-` and `docker-archive:-`: standard input and output, where those are no terminal. */
export const standardPipes: Pipes = {
  input: () => {
    if (!process.stdin.isTTY) return process.stdin
    throw new RegctlError('USAGE', 'standard input is a terminal, and an archive cannot be typed', {
      hint: 'give it from a pipe or a file: docker save app | regctl …, or regctl … < FILE',
    })
  },
  output: () => {
    if (!process.stdout.isTTY) return needOutput()
    throw new RegctlError('USAGE', 'standard output is a terminal, and an archive would only garble it', {
      hint: 'send it into a pipe or a file: regctl copy … | docker load, or regctl copy … > FILE',
    })
  },
}
