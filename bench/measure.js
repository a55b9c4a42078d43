import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/**
 * A whole process, start-up included. Seconds and bytes; `firstLine` is when the first byte of stdout came, `lines` how many it had.
 *
 * @typedef {{ status: number | null, wall: number, cpu: number, memory: number, firstLine: number, lines: number, output: string }} Run
 * @typedef {{ file: string, args: string[], env: Record<string, string | undefined> }} Command
 * @typedef {{ folder: string, signal: AbortSignal, timeout: number, killAfter?: number }} RunOptions `folder` for scratch files, times in seconds
 */

const ticksPerSecond = 100
const newline = 10

/**
 * Runs a command to its end under GNU time, which knows the child's own CPU and peak memory (Node does not tell them).
 * `status` is null where it was killed: by `killAfter`, by the timeout or by the signal.
 *
 * @param {Command} command
 * @param {RunOptions} options
 * @returns {Promise<Run>}
 */
export async function run({ file, args, env }, { folder, signal, timeout, killAfter }) {
  signal.throwIfAborted()
  const usage = join(folder, 'usage')
  rmSync(usage, { force: true })
  const start = performance.now()
  const seconds = () => (performance.now() - start) / 1000
  // In a process group of its own: time and the command end together.
  const timed = ['/usr/bin/time', '-o', usage, '-f', '%U %S %M', file, ...args]
  // Whoever is to be killed is a child of our own: an orphan may stay a zombie, and look alive to its next run.
  const [program = file, ...rest] = killAfter === undefined ? timed : [file, ...args]
  const child = spawn(program, rest, {
    cwd: folder,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const kill = () => killGroup(child.pid)
  const timer = setTimeout(kill, (killAfter ?? timeout) * 1000)
  signal.addEventListener('abort', kill)
  process.once('exit', kill)
  let firstLine = Number.NaN
  let output = ''
  let lines = 0
  /** @param {Buffer} chunk */
  const keep = chunk => {
    output = (output + chunk.toString('latin1')).slice(-4000)
  }
  child.stdout.on('data', chunk => {
    if (Number.isNaN(firstLine)) firstLine = seconds()
    for (const byte of chunk) if (byte === newline) lines += 1
    keep(chunk)
  })
  child.stderr.on('data', keep)
  try {
    const status = await new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', code => resolve(code))
    })
    const wall = seconds()
    signal.throwIfAborted()
    const used = status === null || killAfter !== undefined ? { cpu: 0, memory: 0 } : readUsage(usage)
    return { status, wall, firstLine, lines, output, ...used }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', kill)
    process.removeListener('exit', kill)
  }
}

/** @param {string} file */
function readUsage(file) {
  return parseUsage(readFileSync(file, 'utf8'))
}

/**
 * @param {string} text what `time -f '%U %S %M'` wrote; a line about a failed command may stand before it
 * @returns {{ cpu: number, memory: number }} seconds of user and system, bytes
 */
export function parseUsage(text) {
  const [user, system, kibibytes] = (text.trim().split('\n').at(-1) ?? '').split(' ').map(Number)
  return { cpu: (user ?? 0) + (system ?? 0), memory: (kibibytes ?? 0) * 1024 }
}

/**
 * Seconds of user and system time that a process took so far, its threads included.
 *
 * @param {number} pid
 */
export function cpuOf(pid) {
  return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))
}

/**
 * @param {string} text /proc/PID/stat; the program's name is in brackets and may hold anything
 * @returns {number}
 */
export function parseStat(text) {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

/** @param {number | undefined} pid */
function killGroup(pid) {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
