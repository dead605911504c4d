import fc from 'fast-check';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { Failure } from '../failures/failure.ts';
import { Sensitive } from '../runtime/sensitive.ts';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import type { Instance } from '../settings/settings.ts';
import { LoginBook, type LoginBookParts } from './login-book.ts';
import type { RegistryLogin } from './registry-login.ts';
import { loadLogins, saveLogins } from './saved-logins.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const yearMs = 365 * dayMs;
const lifeMs = hourMs;
const thresholdMs = 15 * minuteMs;
const laterThresholdMs = 20 * minuteMs;
/** A retry after a failure that says nothing of when comes at the latest after so long. */
const longestPauseMs = minuteMs;

const instance: Instance = {
  key: 'cri-a',
  edition: { kind: 'enterprise', instanceId: 'cri-a' },
  regionId: 'cn-hangzhou',
  domains: undefined,
  identity: { kind: 'node-role' },
};

interface Trouble {
  readonly fromMs: number;
  readonly untilMs: number;
  /** How long the cloud asks to be left alone; undefined: it does not answer at all. */
  readonly askedPauseMs: number | undefined;
}

/** Reproducible numbers in [0, 1). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** One trouble after another, some for seconds and some for most of a day, and better times between them. */
function troublesOf(random: () => number, endMs: number): Trouble[] {
  const troubles: Trouble[] = [];
  for (let atMs = random() * dayMs; atMs < endMs;) {
    const untilMs = atMs + (random() < 0.9 ? random() * 40 * minuteMs : random() * 20 * hourMs);
    const askedPauseMs = random() < 0.5 ? undefined : Math.round(1_000 + random() * 5 * minuteMs);
    troubles.push({ fromMs: atMs, untilMs, askedPauseMs });
    atMs = untilMs + random() * 3 * dayMs;
  }
  return troubles;
}

interface Attempt {
  readonly atMs: number;
  readonly trouble: Trouble | undefined;
}

/**
 * Everything that was asked of the cloud from the start (0) on. After half of the time the threshold changes,
 * and after three quarters the program is started anew.
 */
async function live(seed: number, forMs: number) {
  const clock = new VirtualClock();
  const startMs = clock.nowMs();
  const random = randomFrom(seed);
  const troubles = troublesOf(random, forMs);
  const attempts: Attempt[] = [];
  let heldAfterFirst = true;
  const parts: LoginBookParts = {
    mint() {
      const atMs = clock.nowMs() - startMs;
      const trouble = troubles.find(({ fromMs, untilMs }) => fromMs <= atMs && atMs < untilMs);
      attempts.push({ atMs, trouble });
      const hasSucceededBefore = attempts.some(
        (attempt) => attempt.trouble === undefined && attempt.atMs < atMs,
      );
      if (hasSucceededBefore) heldAfterFirst &&= book.logins().length === 1;
      if (trouble === undefined) return Promise.resolve(loginMintedAt(Math.floor(clock.nowMs())));
      return Promise.reject(failureOf(trouble));
    },
    onChange: () => undefined,
    onInherit: () => undefined,
    onMint: () => undefined,
    onFailure: () => undefined,
    onRecovery: () => undefined,
    clock,
    logger: pino({ enabled: false }),
    random,
  };
  let book = new LoginBook(parts);
  let stop = new AbortController();
  book.follow([instance], thresholdMs);
  book.mintUntil(stop.signal);
  await clock.advance(forMs / 2);
  const changedAtMs = clock.nowMs() - startMs;
  book.follow([instance], laterThresholdMs);
  await clock.advance(forMs / 4);
  stop.abort();
  const restartedAtMs = clock.nowMs() - startMs;
  const saved = loadLogins(saveLogins(book.saved())) ?? [];
  book = new LoginBook(parts);
  stop = new AbortController();
  book.follow([instance], laterThresholdMs);
  book.restore(saved);
  book.mintUntil(stop.signal);
  await clock.advance(forMs / 4);
  stop.abort();
  const isHeldAtEnd = book.logins().length === 1;
  return { attempts, troubles, heldAfterFirst, isHeldAtEnd, changedAtMs, restartedAtMs };
}

function loginMintedAt(mintedAtMs: number): RegistryLogin {
  const token = new Sensitive(`token of ${mintedAtMs}`);
  const expiresAtMs = mintedAtMs + lifeMs;
  return { instanceKey: 'cri-a', userName: 'u', token, mintedAtMs, expiresAtMs, domains: ['a.example'] };
}

function failureOf({ askedPauseMs }: Trouble): Failure {
  if (askedPauseMs === undefined) return new Failure('CLOUD_UNREACHABLE', 'no answer');
  const retry = { kind: 'after', delayMs: askedPauseMs } as const;
  return new Failure('CLOUD_THROTTLED', 'slow down', { retry });
}

/** How long after an attempt the next one may come at the earliest and must come at the latest. */
function nextWithinMs(
  { trouble }: Attempt,
  due: number,
): { readonly earliest: number; readonly latest: number } {
  // Jitter takes at most a twentieth of the way to the threshold.
  if (trouble === undefined) return { earliest: due * 0.95 - 1, latest: due };
  const asked = trouble.askedPauseMs;
  if (asked === undefined) return { earliest: 500, latest: longestPauseMs };
  // A tenth more spreads those who were asked together.
  return { earliest: asked, latest: asked * 1.1 };
}

/** Says what is wrong with it; nothing where all is well. */
function flawsOf(life: Awaited<ReturnType<typeof live>>): string[] {
  const { attempts, heldAfterFirst, changedAtMs, restartedAtMs } = life;
  const flaws = attempts.slice(1).flatMap((attempt, index) => {
    const former = attempts[index] ?? attempt;
    const pauseMs = attempt.atMs - former.atMs;
    const dueMs = lifeMs - (attempt.atMs < changedAtMs ? thresholdMs : laterThresholdMs);
    const { earliest, latest } = nextWithinMs(former, dueMs);
    // What is late by the new threshold only is renewed at once.
    const isAtOnce = former.trouble === undefined && attempt.atMs === changedAtMs;
    // Pauses after a failure end with the program; the next one draws its own jitter.
    const isFirstTry =
      former.trouble !== undefined && former.atMs < restartedAtMs && restartedAtMs <= attempt.atMs;
    const isGood = isFirstTry
      ? pauseMs <= latest + dueMs / 20
      : earliest <= pauseMs && (pauseMs <= latest || isAtOnce);
    return isGood ? [] : [`${pauseMs} ms after ${JSON.stringify(former)}: not in ${earliest}…${latest}`];
  });
  return heldAfterFirst ? flaws : [...flaws, 'a login was lost'];
}

test('over a year with a cloud that fails at random, no login is renewed late or without need, and none is lost', async () => {
  const life = await live(20_260_101, yearMs);
  expect(flawsOf(life)).toEqual([]);
  expect(life.isHeldAtEnd).toBe(true);
  const troubledMs = life.troubles.reduce((sum, { fromMs, untilMs }) => sum + untilMs - fromMs, 0);
  expect(life.troubles.length).toBeGreaterThan(100);
  const mints = life.attempts.filter(({ trouble }) => trouble === undefined).length;
  const fewest = (yearMs - troubledMs) / (lifeMs - thresholdMs) - life.troubles.length;
  expect(mints).toBeGreaterThanOrEqual(fewest);
  expect(mints).toBeLessThanOrEqual(yearMs / ((lifeMs - laterThresholdMs) * 0.95) + 1);
  // Ten tries until the pauses have grown to a minute, and one in each half minute from then on.
  const failures = life.attempts.length - mints;
  expect(failures).toBeLessThanOrEqual(life.troubles.length * 10 + troubledMs / (longestPauseMs / 2));
}, 60_000);

test('so it is in any ten days', async () => {
  expect.hasAssertions();
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 32 - 1 }), async (seed) => {
      expect(flawsOf(await live(seed, 10 * dayMs))).toEqual([]);
    }),
    { numRuns: 20 },
  );
}, 60_000);
