import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { startServer } from '../helpers/server.ts'
import { freshFolder, homes } from '../server/homes.ts'

// Built by `.ci/conformance FILE` from github.com/opencontainers/distribution-spec. Not REGCTL_…: those are swept away before each test file.
const suite = process.env.TEST_CONFORMANCE ?? ''
const why = suite === '' ? ' (needs TEST_CONFORMANCE to name the suite that .ci/conformance builds)' : ''
if (suite === '' && process.env.TEST_REAL === 'required') throw new Error(`This test cannot be skipped here${why}`)

/** All four workflows, as the suite's first releases named them, and what it has learned since. */
const workflows = {
  OCI_TEST_PULL: '1',
  OCI_TEST_PUSH: '1',
  OCI_TEST_CONTENT_DISCOVERY: '1',
  OCI_TEST_CONTENT_MANAGEMENT: '1',
  OCI_API_BLOBS_UPLOAD_CANCEL: 'true',
  OCI_API_BLOBS_DIGEST_HEADER: 'true',
  OCI_API_MANIFESTS_DIGEST_HEADER: 'true',
  OCI_API_MANIFESTS_TAG_PARAM: 'true',
}

describe.skipIf(suite === '').each(homes)(`OCI distribution conformance over %s${why}`, (_, home) => {
  it.each([
    ['anybody', undefined],
    ['users', { conformance: 'secret' }],
  ])('passes for %s: pull, push, content discovery, content management', { timeout: 120_000 }, async (_case, users) => {
    const server = await startServer({ repositories: await home(), users })
    try {
      const { code, report } = await run({
        ...workflows,
        OCI_ROOT_URL: server.url,
        OCI_NAMESPACE: 'conformance/one',
        OCI_CROSSMOUNT_NAMESPACE: 'conformance/two',
        OCI_VERSION: '1.1',
        OCI_USERNAME: users ? 'conformance' : '',
        OCI_PASSWORD: users ? 'secret' : '',
      })
      expect(report).toContain('OCI Conformance Result: Pass')
      expect(report).not.toMatch(/: FAIL$/m)
      expect(code).toBe(0)
    } finally {
      await server.close()
    }
  })
})

async function run(env: Record<string, string>): Promise<{ code: number | null; report: string }> {
  const cwd = await freshFolder()
  const child = spawn(suite, { cwd, env: { ...process.env, ...env }, timeout: 100_000 })
  let report = ''
  child.stdout.on('data', chunk => {
    report += chunk
  })
  child.stderr.resume()
  const [code] = await once(child, 'close')
  return { code, report }
}
