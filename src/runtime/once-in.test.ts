import { expect, it } from 'vitest';
import { onceIn } from './once-in.ts';
import { VirtualClock } from './virtual-clock.ts';

it('is true the first time, and once more in each period', async () => {
  const clock = new VirtualClock();
  const isTime = onceIn(clock, 60_000);
  expect([isTime(), isTime()]).toEqual([true, false]);
  await clock.advance(59_999);
  expect(isTime()).toBe(false);
  await clock.advance(1);
  expect([isTime(), isTime()]).toEqual([true, false]);
});
