import { defineConfig } from 'vitest/config'

/** The suite over a copy with a bug: as the product's own, but nothing is made before the tests unless all are run. */
export default defineConfig({
  cacheDir: '.vite',
  test: {
    include: ['test/**/*.{unit,int,infra}.ts'],
    maxWorkers: 2,
    env: { TZ: 'UTC' },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    ...(process.env.MUTANTS_ALL_TESTS ? { globalSetup: './test/support/synthesized.ts' } : {}),
  },
})
