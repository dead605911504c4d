import { describe, expect, it } from 'vitest';
import { closingLine, countTests } from './closing-line.ts';

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((one) => ({ status: one })),
});

describe('the closing line', () => {
  it('counts tests over all files', () => {
    const counts = countTests({
      testResults: [file('passed', 'passed', 'passed'), file('passed', 'passed')],
    });
    expect(closingLine(counts)).toBe('3 passed, 0 failed');
  });

  it('counts a suite that did not start as failed', () => {
    expect(countTests({ testResults: [file('failed'), file('passed', 'passed')] })).toEqual({
      passed: 1,
      failed: 1,
      skipped: 0,
    });
  });

  it('counts a failing hook beside passing tests as failed', () => {
    expect(countTests({ testResults: [file('failed', 'passed', 'skipped')] }).failed).toBe(1);
  });

  it('names skipped tests only where there are some', () => {
    const counts = countTests({ testResults: [file('passed', 'passed', 'skipped', 'todo')] });
    expect(closingLine(counts)).toBe('1 passed, 0 failed, 2 skipped');
  });
});
