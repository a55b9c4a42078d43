import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

let folder: string | undefined

/** One temporary folder for the whole run: what a test leaves in it is gone at the end, also when the test failed. */
export function setup(): void {
  folder = mkdtempSync(join(tmpdir(), 'regctl-tests-'))
  process.env.TMPDIR = folder
}

export function teardown(): void {
  if (folder) rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
}
