import { RegctlError } from '../model/errors.ts'
import type { Notify } from '../model/notice.ts'
import { readText } from './input.ts'

export interface SecretFlags {
  secret?: string | undefined
  'secret-file'?: string | undefined
}

const mostBytes = 64 * 1024
const instead = 'use --secret-file, or REGCTL_WEBHOOK_SECRET'

/** The secret of notices from a flag, a file (`-` is stdin) or the environment, without its last line break; `undefined` when there is none. @throws RegctlError USAGE for an empty one */
export async function webhookSecret(
  flags: SecretFlags,
  env: Readonly<Record<string, string | undefined>>,
  { notify, signal }: { notify: Notify; signal: AbortSignal },
): Promise<string | undefined> {
  const file = flags['secret-file']
  if (flags.secret !== undefined) {
    notify({
      code: 'SECRET_IN_ARGUMENTS',
      message: `a secret in the arguments can be seen by others; ${instead}`,
    })
  }
  const secret =
    flags.secret ?? (file === undefined ? env.REGCTL_WEBHOOK_SECRET : await readText(file, { cap: mostBytes, signal }))
  if (secret === '') throw new RegctlError('USAGE', 'the secret is empty', { hint: instead })
  return secret
}
