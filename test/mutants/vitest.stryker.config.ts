import { defineConfig } from 'vitest/config'

/** What StrykerJS runs: the domain's own tests, which need nothing but a processor. */
export default defineConfig({
  cacheDir: '.vite',
  test: {
    include: ['test/unit/domain/**/*.unit.ts'],
    env: { TZ: 'UTC' },
    testTimeout: 30_000,
    // A change is switched on where it is reached: nothing has to be loaded anew for it.
    isolate: false,
  },
})
