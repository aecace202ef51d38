/** How StrykerJS works on a copy of the project; what it changes is said by whoever starts it. */
export default {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'test/mutants/vitest.stryker.config.ts', related: false },
  coverageAnalysis: 'perTest',
  // A sandbox with linked packages does not work, and what is changed is a copy already.
  inPlace: true,
  // It reads this by an interface that TypeScript 7 does not have.
  tsconfigFile: 'none.json',
  // What is worked out when a file is loaded needs a run of all tests for each change.
  ignoreStatic: true,
  concurrency: 1,
  logLevel: 'warn',
  timeoutMS: 60_000,
  reporters: ['json', 'progress-append-only'],
  jsonReporter: { fileName: 'stryker-report.json' },
}
