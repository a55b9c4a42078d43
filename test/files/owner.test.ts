import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { expect, it, vi } from 'vitest'
import { isGone, ownerHere } from '../../src/files/owner.ts'

const [machine = ''] = ownerHere().split('-')

it('is part of a file name', () => expect(ownerHere()).toMatch(/^[0-9a-f]{12}-\d+$/))

it('a process is gone when it has ended, and not before', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] })
  const closed = once(child, 'close')
  const owner = `${machine}-${child.pid}`
  expect(isGone(owner)).toBe(false)
  child.stdin.end()
  await closed
  expect(isGone(owner)).toBe(true)
})

it.each([
  ['us', ownerHere()],
  ['our parent', `${machine}-${process.ppid}`],
  ['somebody of another machine, whatever runs here', '0123456789ab-999999999'],
  ['nobody', 'free'],
  ['a process group', `${machine}--1`],
  ['all processes', `${machine}-0`],
  ['no number', `${machine}-x`],
  ['nothing', ''],
])('%s is not known to be gone', (_name, owner) => expect(isGone(owner)).toBe(false))

it.runIf(existsSync('/proc/self/stat'))('a process that is dead and that nobody asks after is gone', async () => {
  // The shell starts one that ends with a pipe of ours, and becomes a program that never asks.
  const script = 'cat <&3 & echo $!; exec 3<&-; exec sleep 300'
  const child = spawn('/bin/sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore', 'pipe'] })
  try {
    const [said] = child.stdout ? await once(child.stdout, 'data') : []
    const pid = Number(said)
    expect(isGone(`${machine}-${pid}`)).toBe(false)
    await expect.poll(() => readFileSync(`/proc/${child.pid}/comm`, 'utf8')).toBe('sleep\n')
    child.stdio[3]?.destroy()
    await expect.poll(() => readFileSync(`/proc/${pid}/stat`, 'utf8')).toMatch(/\) Z /)
    expect(isGone(`${machine}-${pid}`)).toBe(true)
  } finally {
    child.kill('SIGKILL')
  }
})

it('a process of another person is not known to be gone', () => {
  const kill = vi.spyOn(process, 'kill').mockImplementation(() => {
    throw Object.assign(new Error('not yours'), { code: 'EPERM' })
  })
  expect(isGone(`${machine}-1`)).toBe(false)
  kill.mockRestore()
})
