import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { Failure } from '../failures/failure.ts';
import { Sensitive } from '../runtime/sensitive.ts';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import type { Instance } from '../settings/settings.ts';
import { LoginBook } from './login-book.ts';

const minuteMs = 60_000;
const renewBeforeMs = 15 * minuteMs;
const instance: Instance = {
  key: 'cri-a',
  edition: { kind: 'enterprise', instanceId: 'cri-a' },
  regionId: 'cn-hangzhou',
  domains: ['a.cn-hangzhou.example'],
  identity: { kind: 'node-role' },
};

/** A book that leads, of one instance, whose cloud can be switched off. */
async function stage() {
  const clock = new VirtualClock();
  const lines: string[] = [];
  const failed: string[] = [];
  const recovered: string[] = [];
  const cloud = { isDown: false, mints: 0 };
  const book = new LoginBook({
    mint: ({ key, domains }) => {
      if (cloud.isDown) return Promise.reject(new Failure('CLOUD_REFUSED', 'no'));
      cloud.mints += 1;
      const mintedAtMs = clock.nowMs();
      return Promise.resolve({
        instanceKey: key,
        userName: 'cr_temp_user',
        token: new Sensitive(`token ${cloud.mints}`),
        mintedAtMs,
        expiresAtMs: mintedAtMs + 60 * minuteMs,
        domains: domains ?? ['a.cn-hangzhou.example'],
      });
    },
    onChange: () => undefined,
    onInherit: () => undefined,
    onMint: () => undefined,
    onFailure: (key) => failed.push(key),
    onRecovery: ({ instanceKey, token }) => recovered.push(`${instanceKey}: ${token.reveal()}`),
    clock,
    logger: pino({}, { write: (line) => lines.push(line) }),
    random: () => 0,
  });
  book.follow([instance], renewBeforeMs);
  book.mintUntil(new AbortController().signal);
  await clock.advance(minuteMs);
  return { book, clock, cloud, failed, lines, recovered };
}

describe('an instance that was failing', () => {
  it('is told to work again when a login is minted, once, and no renewal is told', async () => {
    const { clock, cloud, failed, recovered } = await stage();
    cloud.isDown = true;
    await clock.advance(50 * minuteMs);
    expect(failed.length).toBeGreaterThan(1);
    expect(recovered).toEqual([]);
    cloud.isDown = false;
    await clock.advance(2 * minuteMs);
    expect(recovered).toEqual(['cri-a: token 2']);
    await clock.advance(60 * minuteMs);
    expect([cloud.mints > 2, recovered.length]).toEqual([true, 1]);
  });

  it.each<[string, Instance]>([
    ['fields', { ...instance, identity: { kind: 'access-key-secret', secretName: 'none' } }],
    ['region', { ...instance, key: 'cri-a@cn-beijing', regionId: 'cn-beijing', domains: undefined }],
  ])(
    'is told so too when its entry gets its %s back, and the login of before counts again',
    async (_, bad) => {
      const { book, clock, cloud, failed, recovered } = await stage();
      cloud.isDown = true;
      book.follow([bad], renewBeforeMs);
      await clock.advance(minuteMs);
      expect([new Set(failed), recovered]).toEqual([new Set([bad.key]), []]);
      book.follow([instance], renewBeforeMs);
      book.follow([instance], renewBeforeMs);
      expect(recovered).toEqual(['cri-a: token 1']);
    },
  );

  it('is not told to work again by a login that is over', async () => {
    const { book, clock, cloud, recovered } = await stage();
    cloud.isDown = true;
    book.follow(
      [{ ...instance, identity: { kind: 'access-key-secret', secretName: 'none' } }],
      renewBeforeMs,
    );
    await clock.advance(60 * minuteMs);
    book.follow([instance], renewBeforeMs);
    expect(recovered).toEqual([]);
  });

  it.each([
    ['stays in force as long as it is good', 57, 'the last good login stays in force'],
    ['has expired where it has', 61, 'the last one has expired, and stays until there is a new one'],
  ])('has a log that says of its login that it %s', async (_, atMinute, told) => {
    const { clock, cloud, lines } = await stage();
    cloud.isDown = true;
    await clock.advance((atMinute - 1) * minuteMs);
    lines.length = 0;
    await clock.advance(2 * minuteMs);
    const attempts = lines.filter((line) => line.includes('could not mint a login'));
    expect(attempts.length).toBeGreaterThan(0);
    for (const attempt of attempts) expect(attempt).toContain(told);
  });
});
