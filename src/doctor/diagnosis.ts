import { type ErrorCode, RegctlError } from '../model/errors.ts'
import type { Visit } from './visit.ts'

export const stepNames = [
  'name',
  'proxy',
  'dns',
  'tcp',
  'tls',
  'api',
  'challenge',
  'credential',
  'token',
  'manifest',
  'blob',
  'clock',
  'features',
  'limits',
] as const

/** The steps of a pull that are looked at. */
export type StepName = (typeof stepNames)[number]
export type Status = 'ok' | 'warning' | 'failed' | 'skipped'

/** What one look gave. */
export interface Finding {
  status: Status
  /** One line: what was seen. */
  summary: string
  /** JSON values; never a secret (T15). */
  details?: Record<string, unknown>
  /** What to do: one sentence. */
  hint?: string
  /** Of a failure: the kind, and so the exit code. */
  code?: ErrorCode
}

/** One step of a diagnosis. */
export interface Step extends Finding {
  name: StepName
  details: Record<string, unknown>
}

/** All steps, in the order in which a pull takes them. */
export interface Diagnosis {
  /** As it was understood: `docker.io`, `registry.example:5000`. */
  registry: string
  steps: Step[]
}

/** One look along the way of a pull. */
export interface Look {
  name: StepName
  /** Not looked at when one of these failed. */
  needs: readonly StepName[]
  /** A RegctlError that it throws is its failure. */
  take(visit: Visit): Promise<Finding>
}

/** Takes the looks in their order; what lies behind a failure is skipped and says behind which. @throws the reason of an aborted signal */
export async function examine(visit: Visit, looks: readonly Look[], onStep: (step: Step) => void = () => {}) {
  const steps: Step[] = []
  /** What is out of reach, and because of which failure. */
  const broken = new Map<StepName, StepName>()
  for (const { name, needs, take } of looks) {
    const cause = needs.flatMap(need => broken.get(need) ?? [])[0]
    const finding: Finding = cause
      ? { status: 'skipped', summary: `not looked at, as ${cause} failed`, details: { because: cause } }
      : await attempt(take, visit)
    if (cause) broken.set(name, cause)
    if (finding.status === 'failed') broken.set(name, name)
    const hint = finding.hint ?? (finding.status === 'failed' ? remedyOf(finding.code) : undefined)
    const step = { name, ...finding, ...(hint !== undefined && { hint }), details: finding.details ?? {} }
    steps.push(step)
    onStep(step)
  }
  return steps
}

/** For a failure that has none of its own: everybody is told what to try. */
function remedyOf(code: ErrorCode | undefined): string {
  if (code === 'SERVER_FAILED')
    return 'try again in a few minutes; if it stays, its log says why, or a proxy or a login page answers in its place'
  return 'try the pull with -v, which shows each request, and ask whoever runs the registry'
}

/** An error as a finding. */
export function failedBy({ code, message, hint }: RegctlError, details?: Record<string, unknown>): Finding {
  return {
    status: 'failed',
    summary: message,
    code,
    ...(hint !== undefined && { hint }),
    ...(details && { details }),
  }
}

async function attempt(take: Look['take'], visit: Visit): Promise<Finding> {
  try {
    return await take(visit)
  } catch (error) {
    visit.signal?.throwIfAborted()
    if (error instanceof RegctlError) return failedBy(error)
    throw error
  }
}
