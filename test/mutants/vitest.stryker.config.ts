import { defineConfig } from 'vitest/config'

/** What StrykerJS runs: the domain's own tests, which need nothing but a processor. */
export default defineConfig({
  cacheDir: '.vite',
  test: {
    include: ['test/unit/domain/**/*.unit.ts'],
    env: { TZ: 'UTC' },
    testTimeout: 30_000,
  },
})
