import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.{unit,int,infra,e2e}.ts'],
    reporters: ['default', './test/support/closing-line.ts'],
    // Much of a run is waiting: for queues' windows, for timers, for the engine.
    maxWorkers: 3,
    maxConcurrency: 3,
    globalSetup: './test/support/synthesized.ts',
    env: { TZ: 'UTC' },
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
