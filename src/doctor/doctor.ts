import { apiLook, clockLook } from './api.ts'
import { tlsLook } from './certificate.ts'
import { type Diagnosis, examine, type Look, type Step } from './diagnosis.ts'
import { featuresLook } from './features.ts'
import { challengeLook, credentialLook } from './login.ts'
import { dnsLook, proxyLook, tcpLook } from './network.ts'
import { blobLook, limitsLook, manifestLook } from './pull.ts'
import { tokenLook } from './token.ts'
import type { Visit } from './visit.ts'

/** How what was typed is understood. */
const nameLook: Look = {
  name: 'name',
  needs: [],
  async take({ target, baseUrl }) {
    const { registry, repository, tag, digest, word, text } = target
    const details = { registry, repository: repository ?? null, tag: tag ?? null, digest: digest ?? null, api: baseUrl }
    const summary = `${text}, at ${baseUrl}`
    if (word === undefined) return { status: 'ok', summary, details }
    const hint = `for a registry of that name, write it with its port: ${word}:443`
    return { status: 'ok', summary: `${word} is an image of Docker Hub: ${summary}`, hint, details }
  },
}

const looks: readonly Look[] = [
  nameLook,
  proxyLook,
  dnsLook,
  tcpLook,
  tlsLook,
  apiLook,
  credentialLook,
  challengeLook,
  tokenLook,
  manifestLook,
  blobLook,
  clockLook,
  featuresLook,
  limitsLook,
]

/**
 * Walks the way of a pull and says at each step what was seen and what to do; nothing at the registry is changed.
 * @throws the reason of an aborted signal; what is wrong with the way is in the steps
 */
export async function diagnose(visit: Visit, onStep?: (step: Step) => void): Promise<Diagnosis> {
  return { registry: visit.target.registry, steps: await examine(visit, looks, onStep) }
}
