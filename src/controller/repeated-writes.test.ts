import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RegistryLogin } from '../logins/registry-login.ts';
import { desiredSecret } from '../pull-secrets/desired-secret.ts';
import type { Action } from '../pull-secrets/namespace-plan.ts';
import { Sensitive } from '../runtime/sensitive.ts';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import { RepeatedWrites } from './repeated-writes.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

function secretWith(token: string): Action {
  const login: RegistryLogin = {
    instanceKey: 'cri-a',
    userName: 'cr_temp_user',
    token: new Sensitive(token),
    mintedAtMs: 0,
    expiresAtMs: hourMs,
    domains: ['a.example'],
  };
  return { kind: 'apply-secret', desired: desiredSecret([login], 'cs@aliyuncs.com', new Set()) };
}

function setUp(chance = 1) {
  const clock = new VirtualClock();
  const repeated = new RepeatedWrites({ clock, random: () => chance });
  return { clock, repeated };
}

/** Times of the writes, in ms from the start, where the other writer takes so long to undo each. */
async function contest(undoneAfterMs: readonly number[], chance = 1): Promise<number[]> {
  const action = secretWith('one');
  const { clock, repeated } = setUp(chance);
  const startMs = clock.nowMs();
  const atMs: number[] = [];
  for (const delayMs of undoneAfterMs) {
    await clock.advance(repeated.waitMs('team-a', action));
    atMs.push(clock.nowMs() - startMs);
    repeated.note('team-a', action);
    await clock.advance(delayMs);
  }
  return atMs;
}

describe('what somebody else undoes each time', () => {
  it('is written five times at once, and then with pauses that grow up to a minute', async () => {
    const atMs = await contest(Array.from({ length: 14 }, () => 0));
    const pausesMs = atMs.map((ms, index) => ms - (atMs[index - 1] ?? 0));
    expect(pausesMs.map((ms) => ms / 1000)).toEqual([0, 0, 0, 0, 0, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
  });

  it('is written at most eight times within ten seconds, however fast or slowly it is undone', async () => {
    const delays = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 12_000 })), {
      size: 'max',
      maxLength: 60,
    });
    await fc.assert(
      fc.asyncProperty(delays, fc.double({ min: 0, max: 1, noNaN: true }), async (undoneAfterMs, chance) => {
        const atMs = await contest(undoneAfterMs, chance);
        for (const fromMs of atMs) {
          expect(atMs.filter((ms) => ms >= fromMs && ms < fromMs + 10_000).length).toBeLessThanOrEqual(8);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('is written at once again when it had been left as it was', async () => {
    const atMs = await contest([0, 0, 0, 0, 0, 15_000, 0]);
    expect(atMs).toEqual([0, 0, 0, 0, 0, 2_000, 17_000]);
  });

  it('keeps nothing else waiting: no new login, no other account, no other namespace', async () => {
    const { repeated } = setUp();
    const login = secretWith('one');
    for (let write = 0; write < 5; write++) repeated.note('team-a', login);
    const account = { name: 'default', uid: 'u', resourceVersion: '1', isOptedOut: false };
    const attach: Action = { kind: 'attach', account: { ...account, imagePullSecrets: undefined } };
    expect(repeated.waitMs('team-a', login)).toBe(2_000);
    expect(repeated.waitMs('team-a', secretWith('two'))).toBe(0);
    expect(repeated.waitMs('team-a', attach)).toBe(0);
    expect(repeated.waitMs('team-b', login)).toBe(0);
  });

  it('is told of when the pauses begin', () => {
    const { repeated } = setUp();
    const told = Array.from({ length: 7 }, () => repeated.note('team-a', secretWith('one')));
    expect(told).toEqual(['none', 'none', 'none', 'none', 'first', 'further', 'further']);
  });
});
