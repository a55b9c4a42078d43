import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { codeOf } from '../model/errors.ts'

let machine: string | undefined

/** This process, as a part of a file name that other processes can judge: `MACHINE-PID`. */
export function ownerHere(): string {
  return `${machineHere()}-${process.pid}`
}

/** Whether this owner certainly runs no more; never true of one on another machine, in another container or before a restart of this one. */
export function isGone(owner: string): boolean {
  const [, where, pid] = /^([0-9a-f]{12})-([1-9]\d{0,9})$/.exec(owner) ?? []
  if (where !== machineHere()) return false
  try {
    process.kill(Number(pid), 0)
    return isZombie(Number(pid))
  } catch (error) {
    return codeOf(error) === 'ESRCH'
  }
}

/** Whether this owner is, or was, of this machine and container: only there can {@link isGone} tell. */
export function isHere(owner: string): boolean {
  return owner.startsWith(`${machineHere()}-`)
}

/** Dead, but nobody has asked after it: as good as gone. In a container whose first process reaps nobody it stays so for ever. */
function isZombie(pid: number): boolean {
  const state = quietly(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  // The name stands in parentheses and may hold anything, parentheses too (proc(5)).
  return state.slice(state.lastIndexOf(')') + 2).startsWith('Z')
}

/** Where a process number means one process: a host by its name since it was started, and in it a container. */
function machineHere(): string {
  machine ??= createHash('sha256')
    .update([hostname(), quietly(bootId), quietly(pidNamespace)].join('\n'))
    .digest('hex')
    .slice(0, 12)
  return machine
}

const bootId = () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')
const pidNamespace = () => readlinkSync('/proc/self/ns/pid')

/** Only Linux says these, and only there several machines look like one. */
function quietly(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}
