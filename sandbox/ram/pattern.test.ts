import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesPattern } from './pattern.ts';

const letters = fc.string({ unit: fc.constantFrom('a', 'b', ':', '/'), maxLength: 12 });
const patterns = fc.string({ unit: fc.constantFrom('a', 'b', ':', '*', '?'), maxLength: 8 });

/** The same rule as a regular expression, to compare with. */
function fits(pattern: string, text: string): boolean {
  const source = pattern.replaceAll('*', '.*').replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}

describe('a RAM pattern', () => {
  it('matches what the regular expression of the same meaning matches', () => {
    fc.assert(
      fc.property(patterns, letters, (pattern, text) => {
        expect(matchesPattern(pattern, text)).toBe(fits(pattern, text));
      }),
    );
  });

  it('takes the characters of regular expressions as they are', () => {
    expect(matchesPattern('a.c', 'abc')).toBe(false);
    expect(matchesPattern('(a+)*', '(a+)b')).toBe(true);
  });

  it('gives up on many stars in reasonable time', () => {
    expect(matchesPattern('*a'.repeat(30), `${'a'.repeat(2_000)}b`)).toBe(false);
  });
});
