import { describe, expect, it } from 'vitest';
import { Failure } from '../failures/failure.ts';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import { isOutage, Outage } from './outage.ts';

const unreachable = new Failure('KUBERNETES_UNREACHABLE', 'no answer');
const throttled = (delayMs: number) =>
  new Failure('KUBERNETES_THROTTLED', 'slow down', { retry: { kind: 'after', delayMs } });

function freshOutage() {
  const clock = new VirtualClock();
  return { clock, outage: new Outage({ clock, random: () => 1 - Number.EPSILON }) };
}

describe('an outage of the API server', () => {
  it('is told from a failure that is about one object', () => {
    expect(isOutage(unreachable)).toBe(true);
    expect(isOutage(throttled(1))).toBe(true);
    expect(isOutage(new Failure('KUBERNETES_CONFLICT', 'changed'))).toBe(false);
    expect(isOutage(new Failure('KUBERNETES_FORBIDDEN', 'no'))).toBe(false);
  });

  it('is left alone for longer and longer, up to ten seconds, until the server does something for us', async () => {
    const { clock, outage } = freshOutage();
    const pauses: number[] = [];
    for (let n = 0; n < 7; n++) {
      const forMs = outage.pauseAfterMs(unreachable);
      pauses.push(Math.round(forMs));
      await clock.advance(Math.ceil(forMs));
    }
    expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
    outage.over();
    expect(Math.round(outage.pauseAfterMs(unreachable))).toBe(500);
  });

  it('is one failure, however many requests were under way when it began', async () => {
    const { clock, outage } = freshOutage();
    for (let n = 0; n < 8; n++) expect(outage.pauseAfterMs(unreachable)).toBeLessThanOrEqual(500);
    await clock.advance(500);
    expect(Math.round(outage.pauseAfterMs(unreachable))).toBe(1_000);
  });

  it('lasts as long where the machine’s clock is set', () => {
    const { clock, outage } = freshOutage();
    const forMs = outage.pauseAfterMs(throttled(30_000));
    clock.stepWallClock(-3_600_000);
    expect(outage.pauseAfterMs(unreachable)).toBe(forMs);
  });

  it('lasts at least as long as the server asks for', () => {
    const { outage } = freshOutage();
    expect(outage.pauseAfterMs(throttled(30_000))).toBe(30_000);
    expect(outage.pauseAfterMs(throttled(60_000))).toBe(60_000);
  });
});
