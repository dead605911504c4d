import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadHolders, saveHolders } from './saved-holders.ts';

test('who has which host comes back as it was saved', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string(), fc.string())), (pairs) => {
      const holders = new Map(pairs);
      expect(loadHolders(saveHolders(holders))).toEqual(holders);
    }),
  );
});

test.each(['', 'null', '{}', '[["a.example"]]', '[["a.example",1]]'])(
  '%j is as if it had never been saved',
  (text) => {
    expect(loadHolders(text)).toBeUndefined();
  },
);
