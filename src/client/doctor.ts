import type { CredentialSource } from '../credentials/credentials.ts'
import type { Diagnosis, Step } from '../doctor/diagnosis.ts'
import type { Options } from '../store/store.ts'
import type { Transport } from './transport.ts'

/** What is looked at besides reading, and who is told of each step. */
export interface DiagnoseOptions extends Options {
  /** Also begin an upload, and take it back: what only writing shows. */
  writeProbe?: boolean
  /** Each step as it is done. */
  onStep?: (step: Step) => void
}

/** Why a pull fails. @throws RegctlError REFERENCE_INVALID; what is wrong with the way is in the steps */
export type Diagnose = (text: string, options?: DiagnoseOptions) => Promise<Diagnosis>

export function createDoctor({
  credentials,
  transport,
}: {
  credentials: CredentialSource
  transport: () => Promise<Transport>
}): Diagnose {
  return async (text, { writeProbe = false, onStep, signal } = {}) => {
    const [{ parseTarget }, { diagnose }, { baseUrl, bare, trustedRealms, way }] = await Promise.all([
      import('../doctor/target.ts'),
      import('../doctor/doctor.ts'),
      transport(),
    ])
    const target = parseTarget(text)
    const visit = {
      target,
      baseUrl: baseUrl(target.registry),
      send: bare,
      ...way,
      credentials,
      trustedRealms: await trustedRealms(target.registry),
      writeProbe,
      signal,
      now: Date.now,
      notes: {},
    }
    return diagnose(visit, onStep)
  }
}
