import { string } from '@oclif/core/args'
import { type ArgsOf, RegctlCommand } from '../cli/command.ts'
import { completionScript, type Shell, shells } from '../cli/completion.ts'
import { readManifest } from '../cli/manifest.ts'

interface Completion {
  shell: Shell
  script: string
}

export default class CompletionCommand extends RegctlCommand<typeof CompletionCommand, Completion> {
  static override summary = 'print a script that completes regctl in your shell'
  static override examples = [
    { description: 'in this bash, now', command: 'source <(regctl completion bash)' },
    { description: 'in every fish', command: 'regctl completion fish > ~/.config/fish/completions/regctl.fish' },
  ]
  static override args = {
    shell: string({ description: 'which shell', options: shells, required: true }),
  }

  protected async execute({ shell }: ArgsOf<typeof CompletionCommand>): Promise<Completion> {
    const manifest = readManifest(this.config.root)
    return { shell: shell as Shell, script: completionScript(shell as Shell, manifest) }
  }

  protected view({ script }: Completion): string {
    return script.trimEnd()
  }
}
