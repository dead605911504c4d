import { expect, it } from 'vitest';
import { forEachAtMost } from './at-most.ts';

it('works on each item once, and on no more than allowed at the same time', async () => {
  const items = Array.from({ length: 50 }, (_, index) => index);
  const done: number[] = [];
  let running = 0;
  let most = 0;
  await forEachAtMost(4, items, async (item) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    done.push(item);
  });
  expect(done.toSorted((a, b) => a - b)).toEqual(items);
  expect(most).toBe(4);
});

it('rejects as the work does', async () => {
  await expect(forEachAtMost(2, [1, 2, 3], failAtTwo)).rejects.toThrow('two');
});

async function failAtTwo(item: number): Promise<void> {
  if (item === 2) throw new Error('two');
}
