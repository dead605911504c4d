import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Sensitive } from '../runtime/sensitive.ts';
import { announcementPauseMs, renewalAtMs, urgentBeforeMs } from './renewal-schedule.ts';

const minuteMs = 60_000;
const loginOf = (lifeMs: number) => ({
  instanceKey: 'cri-a',
  userName: 'u',
  token: new Sensitive('t'),
  mintedAtMs: 1_000_000,
  expiresAtMs: 1_000_000 + lifeMs,
  domains: [],
});

describe('the renewal schedule', () => {
  it('renews an hour’s login when the threshold is left', () => {
    expect(renewalAtMs(loginOf(60 * minuteMs), 15 * minuteMs, 0)).toBe(1_000_000 + 45 * minuteMs);
  });

  it('renews at half life where the life is too short for the threshold', () => {
    expect(renewalAtMs(loginOf(20 * minuteMs), 15 * minuteMs, 0)).toBe(1_000_000 + 10 * minuteMs);
    expect(renewalAtMs(loginOf(10 * minuteMs), 15 * minuteMs, 0)).toBe(1_000_000 + 5 * minuteMs);
  });

  it('does not spin when it was handed a login that is already over', () => {
    expect(renewalAtMs(loginOf(-5), 15 * minuteMs, 0.9)).toBe(1_000_000 + 1_000);
  });

  it('is never later than the threshold or half life, and jitter takes at most a twentieth', () => {
    const lives = fc.integer({ min: 10_000, max: 12 * 60 * minuteMs });
    const thresholds = fc.integer({ min: 1, max: 24 * 60 * minuteMs });
    const chances = fc.double({ min: 0, max: 0.999, noNaN: true });
    fc.assert(
      fc.property(lives, thresholds, chances, (lifeMs, renewBeforeMs, random) => {
        const login = loginOf(lifeMs);
        const at = renewalAtMs(login, renewBeforeMs, random);
        const latest = Math.max(login.expiresAtMs - renewBeforeMs, login.mintedAtMs + lifeMs / 2);
        expect(at).toBeLessThanOrEqual(latest);
        expect(at - login.mintedAtMs).toBeGreaterThanOrEqual((latest - login.mintedAtMs) * 0.95 - 1);
      }),
    );
  });
});

describe('what a renewal costs', () => {
  it('may wait for a tenth of the time that the replaced login has, and not at all where it is over', () => {
    const login = loginOf(60 * minuteMs);
    expect(announcementPauseMs(login, login.expiresAtMs - 15 * minuteMs)).toBe(1.5 * minuteMs);
    expect(announcementPauseMs(login, login.expiresAtMs + 1)).toBe(0);
  });

  it('is urgent a minute or an eighth of the life before the end, and never before half of the way there', () => {
    expect(urgentBeforeMs(loginOf(60 * minuteMs), 20 * minuteMs)).toBe(7.5 * minuteMs);
    expect(urgentBeforeMs(loginOf(6 * minuteMs), 15 * minuteMs)).toBe(minuteMs);
    expect(urgentBeforeMs(loginOf(60 * minuteMs), 5 * minuteMs)).toBe(2.5 * minuteMs);
    expect(urgentBeforeMs(loginOf(2 * minuteMs), 15 * minuteMs)).toBe(0.5 * minuteMs);
  });
});
