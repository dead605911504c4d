import { expect, test } from 'vitest';
import { describeProblem, quote } from './problem.ts';

test('a problem is one line with its place, what was found and what to write', () => {
  const problem = {
    key: 'acr-registry-info',
    entry: 2,
    line: 5,
    found: 'regionId "x"',
    fix: 'write cn-hangzhou',
  };
  expect(describeProblem(problem)).toBe(
    'acr-registry-info, entry 2, line 5: found regionId "x"; write cn-hangzhou',
  );
});

test('a problem of a whole key names the key alone', () => {
  expect(describeProblem({ key: 'rrsa', found: 'x', fix: 'write y' })).toBe('rrsa: found x; write y');
});

test('a quoted value stays on one line and is cut where it is long', () => {
  expect(quote('a\nb"c')).toBe(String.raw`"a\nb\"c"`);
  expect(quote('x'.repeat(100))).toBe(`"${'x'.repeat(60)}…"`);
});
