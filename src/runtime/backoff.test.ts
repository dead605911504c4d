import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pauseMs } from './backoff.ts';

const paces = fc
  .record({ firstMs: fc.integer({ min: 1, max: 10_000 }), factor: fc.integer({ min: 1, max: 1000 }) })
  .map(({ firstMs, factor }) => ({ firstMs, longestMs: firstMs * factor }));
const chances = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('a pause is at least half the first one and never over the longest, however long the outage', () => {
  fc.assert(
    fc.property(paces, fc.integer({ min: 0, max: 1_000_000 }), chances, (pace, failures, chance) => {
      const pause = pauseMs(pace, failures, chance);
      expect(pause).toBeGreaterThanOrEqual(pace.firstMs / 2);
      expect(pause).toBeLessThanOrEqual(pace.longestMs);
    }),
  );
});

test('with the same chance, a pause is never shorter than the one before', () => {
  fc.assert(
    fc.property(paces, fc.integer({ min: 1, max: 100 }), chances, (pace, failures, chance) => {
      expect(pauseMs(pace, failures + 1, chance)).toBeGreaterThanOrEqual(pauseMs(pace, failures, chance));
    }),
  );
});

test('pauses double until the longest', () => {
  const pace = { firstMs: 100, longestMs: 1000 };
  const pauses = [1, 2, 3, 4, 5, 6].map((failures) => pauseMs(pace, failures, 1));
  expect(pauses).toEqual([100, 200, 400, 800, 1000, 1000]);
});
