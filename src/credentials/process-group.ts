import type { ChildProcess } from 'node:child_process'

/** In groups of their own they get no Ctrl-C from the terminal, and would outlive us waiting for a keychain nobody unlocks. */
const running = new Set<ChildProcess>()

/** Kills a detached child and all it started, when this process ends before it. */
export function endWithUs(child: ChildProcess): void {
  if (running.size === 0) process.on('exit', killRunning)
  running.add(child)
  const forget = () => {
    running.delete(child)
    if (running.size === 0) process.off('exit', killRunning)
  }
  child.once('error', forget)
  child.once('close', forget)
}

/** Signals a detached child and all it started; without effect on one that has ended. */
export function killGroup(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): void {
  if (child.pid === undefined) return
  try {
    if (process.platform === 'win32') child.kill(signal)
    else process.kill(-child.pid, signal)
  } catch {
    // It ended in this very moment.
  }
}

function killRunning(): void {
  for (const child of running) killGroup(child)
}
