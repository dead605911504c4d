import type { Reporter, SerializedError, TestCase, TestModule, TestSuite } from 'vitest/node';
import { closingLine, countTests } from '../closing-line.ts';

const marks = { passed: '✓', failed: '✗', skipped: '–', pending: '…' } as const;

/**
 * For `make node-test`: each test in a line with its time, as soon as it has ended; then those that belong to a numbered
 * scenario once more, in the order of the numbers and with what they reported.
 */
export default class ListReporter implements Reporter {
  onTestSuiteReady(suite: TestSuite): void {
    print(suite.name);
  }

  onTestCaseResult(test: TestCase): void {
    print(lineOf(test));
    for (const { stack, message, diff } of test.result().errors ?? []) {
      print(stack ?? message);
      if (diff !== undefined) print(diff);
    }
  }

  /** Also what failed outside of the tests, such as in their preparation. */
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const suites = modules.flatMap((module) => [module, ...module.children.allSuites()]);
    const outside = suites.flatMap((suite) => suite.errors());
    for (const { stack, message } of [...outside, ...unhandled]) print(stack ?? message);
    printScenarios(modules.flatMap((module) => [...module.children.allTests()]));
    const files = modules.map((module) => ({
      status: module.state(),
      assertionResults: [...module.children.allTests()].map((test) => ({ status: test.result().state })),
    }));
    const strays = unhandled.map(() => ({ status: 'failed', assertionResults: [] }));
    print(closingLine(countTests({ testResults: [...files, ...strays] })));
  }
}

function printScenarios(tests: readonly TestCase[]): void {
  const numbered = tests
    .filter((test) => numberOf(test) > 0)
    .toSorted((one, other) => numberOf(one) - numberOf(other));
  print(`\nthe scenarios in order (${seconds(numbered.reduce((sum, test) => sum + durationMs(test), 0))})`);
  for (const test of numbered) {
    print(lineOf(test));
    for (const { message } of test.annotations()) print(`      ${message}`);
  }
}

/** Such as 8 of `8. upgrade …`; 0 where there is none. */
function numberOf(test: TestCase): number {
  return Number(/^(\d+)\. /.exec(test.name)?.[1] ?? 0);
}

function lineOf(test: TestCase): string {
  return `  ${marks[test.result().state]} ${test.name} (${seconds(durationMs(test))})`;
}

function durationMs(test: TestCase): number {
  return test.diagnostic()?.duration ?? 0;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
