import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    // The tables of faults mostly wait.
    maxConcurrency: 20,
    hookTimeout: 60_000,
    globalSetup: ['test/helpers/own-folder.ts'],
    setupFiles: ['test/helpers/quiet-world.ts'],
  },
})
