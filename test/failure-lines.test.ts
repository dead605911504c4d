import { describe, expect, it } from 'vitest';
import { failureLines, longestLineCharacters } from './failure-lines.ts';

const file = (status: string, ...tests: string[]) => ({
  name: '/checkout/test/some.test.ts',
  status,
  message: '',
  assertionResults: tests.map((one) => ({ fullName: `it ${one}`, status: one })),
});

describe('the list of failures', () => {
  it('says file, test and the first line of the message', () => {
    const failing = {
      ...file('failed', 'passed'),
      assertionResults: [
        { fullName: 'a Secret is kept', status: 'failed', failureMessages: ['expected 1 to be 2\n    at x'] },
        { fullName: 'a Secret is renewed', status: 'passed', failureMessages: [] },
      ],
    };
    expect(failureLines({ testResults: [failing, file('passed', 'passed')] }, '/checkout')).toEqual([
      'failed: test/some.test.ts: a Secret is kept (expected 1 to be 2)',
    ]);
  });

  it('says of a file that did not start why', () => {
    const broken = { ...file('failed'), message: 'no such module' };
    expect(failureLines({ testResults: [broken] }, '/checkout')).toEqual([
      'failed: test/some.test.ts (no such module)',
    ]);
  });

  it('names a file whose hook failed beside passing tests', () => {
    expect(failureLines({ testResults: [file('failed', 'passed', 'skipped')] }, '/checkout')).toEqual([
      'failed: test/some.test.ts (a hook failed)',
    ]);
  });

  it('cuts a long message', () => {
    const long = { ...file('failed'), message: 'x'.repeat(5_000) };
    expect(failureLines({ testResults: [long] }, '/checkout')[0]).toHaveLength(longestLineCharacters);
  });
});
