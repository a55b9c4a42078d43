import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A podman with a storage of its own, which needs neither a daemon nor privileges to load and save. */
export interface Podman {
  /** Its stdout. @throws Error with its stderr */
  run(...args: string[]): Promise<string>
  remove(): void
}

export function makePodman(): Podman {
  const folder = mkdtempSync(join(tmpdir(), 'regctl-podman-'))
  const storage = ['--root', join(folder, 'root'), '--runroot', join(folder, 'run'), '--storage-driver', 'vfs']
  return {
    run: (...args) =>
      new Promise((resolve, reject) => {
        execFile('podman', [...storage, ...args], { timeout: 60_000 }, (error, stdout, stderr) => {
          if (error) reject(new Error(`podman ${args.join(' ')}: ${stderr.trim() || error.message}`))
          else resolve(stdout)
        })
      }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
