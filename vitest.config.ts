import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.{unit,int,infra,e2e}.ts'],
    globalSetup: [],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
