import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // No test takes long, but where seven others have the machine.
    testTimeout: 120_000,
    // Tests mostly wait: for a registry, a process, a stall.
    maxWorkers: Math.max(3, availableParallelism()),
    maxConcurrency: 20,
    hookTimeout: 120_000,
    // What is waited for comes at once on a quiet machine, and comes on a busy one.
    expect: { poll: { timeout: 20_000, interval: 20 } },
    globalSetup: ['test/helpers/own-folder.ts'],
    setupFiles: ['test/helpers/quiet-world.ts'],
  },
})
