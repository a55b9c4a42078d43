import { string } from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { type ArgsOf, type FlagsOf, RegctlCommand } from '../cli/command.ts'
import { exitCodes } from '../cli/exit-codes.ts'
import type { Diagnosis } from '../doctor/diagnosis.ts'
import { isLeftOut, leftOut, stepLines, verdict } from '../output/doctor-page.ts'

export default class DoctorCommand extends RegctlCommand<typeof DoctorCommand, Diagnosis> {
  static override summary = 'find out why a pull fails'
  static override description =
    'Walks the way of a pull and says at each step what it saw and what to do: name, proxy, DNS, TCP, TLS, the API, login, token, a manifest, a blob, clock, features and limits. No secret is shown. It ends with the exit code of the first step that failed, and with 0 when there are only warnings.'
  static override examples = [
    'regctl doctor registry.example:5000',
    {
      description: 'with an image: its manifest and a blob too',
      command: 'regctl doctor registry.example/team/app:1.2',
    },
    'regctl doctor docker.io/library/alpine --json',
  ]
  static override args = {
    registry: string({ description: 'REGISTRY[/REPOSITORY[:TAG]]', required: true }),
  }
  static override flags = {
    'write-probe': Flags.boolean({
      summary: 'see what a push would meet, too: begins an upload and takes it back',
    }),
  }

  protected async execute(
    args: ArgsOf<typeof DoctorCommand>,
    flags: FlagsOf<typeof DoctorCommand>,
  ): Promise<Diagnosis> {
    const client = await this.client()
    const diagnosis = await client.diagnose(args.registry, {
      signal: this.signal,
      writeProbe: flags['write-probe'],
      onStep: step => {
        if (!isLeftOut(step)) this.line(stepLines(step, this.style))
      },
    })
    const code = diagnosis.steps.find(({ status }) => status === 'failed')?.code
    if (code) process.exitCode = exitCodes[code]
    return diagnosis
  }

  /** The steps were printed as they were done. */
  protected view({ steps }: Diagnosis): string {
    return [leftOut(steps, this.style), '', verdict(steps, this.style)].join('\n').replace(/^\n\n/, '\n')
  }
}
