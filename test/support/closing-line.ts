import type { Reporter, TestModule } from 'vitest/node'

/** Ends a run with one plain line of its counts, for whoever reads only that. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const count = (state: string): number => tests.filter((test) => test.result().state === state).length
    const brokenModules = modules.filter(
      (module) => module.state() === 'failed' && module.errors().length > 0,
    ).length
    process.stdout.write(`${count('passed')} passed, ${count('failed') + brokenModules} failed\n`)
  }
}
