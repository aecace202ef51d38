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
    // Long enough for a machine that is busy with other things: no test is there to be timed.
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
