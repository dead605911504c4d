import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import { WriteBudget } from './write-budget.ts';

describe('the write budget', () => {
  it('gives a second’s worth at once, and then one after another', async () => {
    const clock = new VirtualClock();
    const budget = new WriteBudget(clock, 50);
    for (let n = 0; n < 50; n++) {
      expect(budget.waitMs()).toBe(0);
      budget.spend(1);
    }
    expect(budget.waitMs()).toBe(20);
    await clock.advance(20);
    expect(budget.waitMs()).toBe(0);
  });

  it('lets who spent too much wait for it', () => {
    const budget = new WriteBudget(new VirtualClock(), 10);
    budget.spend(30);
    expect(budget.waitMs()).toBe(2_100);
  });

  it('goes on at its rate when the machine’s clock is set', async () => {
    const clock = new VirtualClock();
    const budget = new WriteBudget(clock, 10);
    for (const stepMs of [-3_600_000, 7_200_000]) {
      budget.spend(10);
      clock.stepWallClock(stepMs);
      await clock.advance(500);
      budget.spend(5);
      expect(budget.waitMs()).toBe(100);
      await clock.advance(1_000);
    }
  });

  it('never lets more through than its rate and one second’s worth, however it is asked', async () => {
    const pauses = fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 100 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 200 }), pauses, async (writesPerSecond, waits) => {
        const clock = new VirtualClock();
        const budget = new WriteBudget(clock, writesPerSecond);
        const startMs = clock.nowMs();
        let spent = 0;
        for (const waitMs of waits) {
          await clock.advance(waitMs);
          while (budget.waitMs() === 0) {
            budget.spend(1);
            spent += 1;
          }
          const allowed = writesPerSecond * (1 + (clock.nowMs() - startMs) / 1000);
          expect(spent).toBeLessThanOrEqual(allowed + 1e-6);
        }
      }),
      { numRuns: 50 },
    );
  });
});
