import { defineConfig } from 'vitest/config'

/** What StrykerJS runs: the domain's own tests, which need nothing but a processor, or those that it is told. */
export default defineConfig({
  cacheDir: '.vite',
  test: {
    include: process.env.STRYKER_TESTS?.split(',') ?? ['test/unit/domain/**/*.unit.ts'],
    env: { TZ: 'UTC' },
    testTimeout: 60_000,
    // A change is switched on where it is reached: nothing has to be loaded anew for it.
    isolate: false,
  },
})
