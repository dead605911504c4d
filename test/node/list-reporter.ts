import type { Reporter, SerializedError, TestCase, TestModule, TestState, TestSuite } from 'vitest/node';

const marks = { passed: '✓', failed: '✗', skipped: '–', pending: '…' } as const;

/** For `make node-test`: each test in a line with its time, as soon as it has ended, and what it reported below. */
export default class ListReporter implements Reporter {
  onTestSuiteReady(suite: TestSuite): void {
    print(suite.name);
  }

  onTestCaseResult(test: TestCase): void {
    const { state, errors = [] } = test.result();
    const durationMs = test.diagnostic()?.duration ?? 0;
    print(`  ${marks[state]} ${test.name} (${(durationMs / 1000).toFixed(1)} s)`);
    for (const { message } of test.annotations()) print(`      ${message}`);
    for (const { stack, message } of errors) print(stack ?? message);
  }

  /** What failed outside of the tests, such as in their preparation, and how many there were. */
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const suites = modules.flatMap((module) => [module, ...module.children.allSuites()]);
    const outside = suites.flatMap((suite) => suite.errors());
    for (const { stack, message } of [...outside, ...unhandled]) print(stack ?? message);
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (wanted: TestState) => tests.filter((test) => test.result().state === wanted).length;
    print(`${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`);
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
