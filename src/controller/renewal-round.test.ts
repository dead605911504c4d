import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { desiredSecret, secretType, type ObservedSecret } from '../pull-secrets/desired-secret.ts';
import { sleep } from '../runtime/clock.ts';
import { Sensitive } from '../runtime/sensitive.ts';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import { RenewalRound, urgentFromMs } from './renewal-round.ts';
import { WorkQueue } from './work-queue.ts';
import { WriteBudget } from './write-budget.ts';

const minuteMs = 60_000;
const thresholdMs = 15 * minuteMs;

function loginMintedAt(mintedAtMs: number, instanceKey = 'cri-a') {
  return {
    instanceKey,
    userName: 'cr_temp_user',
    token: new Sensitive(`token of ${mintedAtMs}`),
    mintedAtMs,
    expiresAtMs: mintedAtMs + 60 * minuteMs,
    domains: ['a.example'],
  };
}

function secretWith(...logins: ReturnType<typeof loginMintedAt>[]): ObservedSecret {
  const { labels, annotations, dockerConfigJson } = desiredSecret(logins, 'cs@aliyuncs.com', new Set());
  const fixed = { uid: 'u', resourceVersion: '1', type: secretType, isImmutable: false };
  return { ...fixed, labels, annotations, dockerConfigJson };
}

describe('a namespace becomes urgent', () => {
  const former = loginMintedAt(0);
  const renewed = loginMintedAt(45 * minuteMs);

  it('at once where it has no Secret, or one without a login', () => {
    expect(urgentFromMs(undefined, [renewed], thresholdMs)).toBe(Number.NEGATIVE_INFINITY);
    expect(urgentFromMs(secretWith(), [renewed], thresholdMs)).toBe(Number.NEGATIVE_INFINITY);
  });

  it('an eighth of the life before its login ends, where there is a better one', () => {
    expect(urgentFromMs(secretWith(former), [renewed], thresholdMs)).toBe(52.5 * minuteMs);
  });

  it('never where there is nothing better, so that marking what has expired is in no hurry', () => {
    expect(urgentFromMs(secretWith(former), [former], thresholdMs)).toBe(Number.POSITIVE_INFINITY);
    expect(urgentFromMs(secretWith(former), [], thresholdMs)).toBe(Number.POSITIVE_INFINITY);
  });

  it('by each login on its own: one that nothing better is there for makes no other one wait or hurry', () => {
    const dead = loginMintedAt(0, 'cri-a');
    const [b, better] = [loginMintedAt(30 * minuteMs, 'cri-b'), loginMintedAt(75 * minuteMs, 'cri-b')];
    const held = secretWith(dead, b);
    expect(urgentFromMs(held, [dead, b], thresholdMs)).toBe(Number.POSITIVE_INFINITY);
    expect(urgentFromMs(held, [dead, better], thresholdMs)).toBe(82.5 * minuteMs);
    expect(urgentFromMs(held, [loginMintedAt(80 * minuteMs), b], thresholdMs)).toBe(52.5 * minuteMs);
  });

  it('before the login of an entry ends that has another key now, not for one that is only new', () => {
    const rekeyed = { ...renewed, instanceKey: 'cri-a@cn-hangzhou' };
    expect(urgentFromMs(secretWith(former), [rekeyed], thresholdMs)).toBe(52.5 * minuteMs);
    const another = { ...renewed, instanceKey: 'cri-b' };
    expect(urgentFromMs(secretWith(former), [former, another], thresholdMs)).toBe(Number.POSITIVE_INFINITY);
  });

  it('by the first of its logins to end', () => {
    const other = loginMintedAt(30 * minuteMs, 'cri-b');
    const held = secretWith(former, other);
    expect(urgentFromMs(held, [renewed, other], thresholdMs)).toBe(52.5 * minuteMs);
  });
});

/** One write takes 100 ms, so that eight workers can do 80 a second where nothing holds them back. */
function stage(count: number, writesPerSecond: number) {
  const startMs = Date.parse('2026-01-01T00:00:00Z');
  const clock = new VirtualClock(startMs);
  const former = loginMintedAt(startMs);
  let inForce = former;
  const names = Array.from({ length: count }, (_, index) => `tenant-${index}`);
  const held = new Map(names.map((name) => [name, secretWith(former)]));
  const writtenAtMs = new Map<string, number>();
  const budget = new WriteBudget(clock, writesPerSecond);
  const queue = new WorkQueue({ clock, random: () => 0.5, routineWaitMs: () => budget.waitMs() });
  const round = new RenewalRound({
    queue,
    clock,
    logger: pino({ enabled: false }),
    namespaces: () => [...held.keys()],
    urgentFromMs: (name) => urgentFromMs(held.get(name), [inForce], thresholdMs),
  });
  const stop = new AbortController();
  void queue.run(
    8,
    async (name, urgency) => {
      if (writtenAtMs.has(name)) return;
      if (urgency === 'routine') budget.spend(1);
      await sleep(clock, 100, stop.signal);
      held.set(name, secretWith(inForce));
      writtenAtMs.set(name, clock.nowMs());
    },
    stop.signal,
  );
  return {
    clock,
    former,
    writtenAtMs,
    renewAtThreshold: async () => {
      await clock.advance(60 * minuteMs - thresholdMs);
      inForce = loginMintedAt(clock.nowMs());
      round.begin();
    },
  };
}

describe('a round of renewals', () => {
  it('is paced, and has replaced every login long before it ends', async () => {
    const { clock, former, writtenAtMs, renewAtThreshold } = stage(3_000, 50);
    await renewAtThreshold();
    await clock.advance(30_000);
    expect(writtenAtMs.size).toBeLessThanOrEqual(31 * 50);
    await clock.advance(thresholdMs - 30_000);
    expect(writtenAtMs.size).toBe(3_000);
    expect(Math.max(...writtenAtMs.values())).toBeLessThan(former.expiresAtMs - 13 * minuteMs);
  }, 20_000);

  it('lets no login end even where the budget is far too small: the late ones overtake', async () => {
    const { clock, former, writtenAtMs, renewAtThreshold } = stage(2_000, 1);
    await renewAtThreshold();
    await clock.advance(7.5 * minuteMs - 1);
    expect(writtenAtMs.size).toBeLessThan(460);
    await clock.advance(minuteMs);
    expect(writtenAtMs.size).toBe(2_000);
    expect(Math.max(...writtenAtMs.values())).toBeLessThan(former.expiresAtMs - 6 * minuteMs);
  }, 20_000);
});
