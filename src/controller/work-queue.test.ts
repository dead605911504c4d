import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RetryAdvice } from '../failures/catalogue.ts';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import { WorkQueue } from './work-queue.ts';

const minutesMs = 60_000;
const backoff: RetryAdvice = { kind: 'backoff' };

function stage(workers = 1) {
  const clock = new VirtualClock();
  const queue = new WorkQueue({ clock, random: () => 0.5, retryPace: { firstMs: 1000, longestMs: 60_000 } });
  const stop = new AbortController();
  const log: string[] = [];
  const startMs = clock.nowMs();
  const run = (process: (key: string) => Promise<void> = () => Promise.resolve()) =>
    queue.run(
      workers,
      (key) => {
        log.push(`${clock.nowMs() - startMs} ${key}`);
        return process(key);
      },
      stop.signal,
    );
  return { clock, queue, stop, log, run };
}

test('a key that is added many times while it waits is processed once', async () => {
  const { clock, queue, log, run } = stage();
  for (let n = 0; n < 10; n++) queue.add('a', 'routine');
  void run();
  await clock.advance(minutesMs);
  expect(log).toEqual(['0 a']);
});

test('a key that is added while it is processed is processed once more afterwards', async () => {
  const { clock, queue, log, run } = stage(4);
  const gate = Promise.withResolvers<void>();
  queue.add('a', 'routine');
  void run(() => gate.promise);
  await clock.advance(1);
  queue.add('a', 'routine');
  queue.add('a', 'routine');
  await clock.advance(1);
  expect(log).toEqual(['0 a']);
  gate.resolve();
  await clock.advance(1);
  expect(log).toEqual(['0 a', '2 a']);
});

test('urgent keys overtake routine ones, and a waiting key is promoted but never demoted', async () => {
  const { clock, queue, log, run } = stage();
  for (const key of ['a', 'b', 'c']) queue.add(key, 'routine');
  queue.add('d', 'urgent');
  queue.add('c', 'urgent');
  queue.add('d', 'routine');
  void run();
  await clock.advance(1);
  expect(log).toEqual(['0 d', '0 c', '0 a', '0 b']);
});

test('of several delays the earliest counts, and an add now makes a later one unnecessary', async () => {
  const { clock, queue, log, run } = stage();
  queue.addAfter('a', 500, 'routine');
  queue.addAfter('a', 300, 'routine');
  queue.addAfter('a', 400, 'routine');
  queue.addAfter('b', 200, 'routine');
  queue.add('b', 'routine');
  void run();
  await clock.advance(minutesMs);
  expect(log).toEqual(['0 b', '300 a']);
});

test('pauses double while a key keeps failing, and start anew after a success', async () => {
  const { clock, queue, log, run } = stage();
  let failuresLeft = 3;
  queue.add('a', 'routine');
  void run(async (key) => {
    if (failuresLeft-- > 0) queue.retry(key, backoff);
  });
  await clock.advance(minutesMs);
  failuresLeft = 1;
  queue.add('a', 'routine');
  await clock.advance(minutesMs);
  expect(log).toEqual(['0 a', '750 a', '2250 a', '5250 a', '60000 a', '60750 a']);
});

test('a failure’s own advice is followed: not before the delay, or not at all', async () => {
  const { clock, queue, log, run } = stage();
  queue.add('throttled', 'routine');
  queue.add('hopeless', 'routine');
  void run(async (key) => {
    if (log.length > 2) return;
    queue.retry(key, key === 'hopeless' ? { kind: 'never' } : { kind: 'after', delayMs: 20_000 });
  });
  await clock.advance(minutesMs);
  expect(log).toEqual(['0 throttled', '0 hopeless', '21000 throttled']);
});

test('an urgent key that fails comes back as an urgent one', async () => {
  const { clock, queue, log, run } = stage();
  queue.add('a', 'urgent');
  void run(async (key) => {
    if (log.length === 1) {
      queue.retry(key, backoff);
      queue.addAfter('b', 750, 'routine');
    }
  });
  await clock.advance(minutesMs);
  expect(log).toEqual(['0 a', '750 a', '750 b']);
});

test('after an abort nothing new is begun, and run waits for what is in hand', async () => {
  const { clock, queue, stop, log, run } = stage(2);
  const gate = Promise.withResolvers<void>();
  for (const key of ['a', 'b', 'c']) queue.add(key, 'routine');
  queue.addAfter('d', 10, 'routine');
  const running = run(() => gate.promise).finally(() => log.push('ended'));
  await clock.advance(1);
  stop.abort();
  await clock.advance(minutesMs);
  expect(log).toEqual(['0 a', '0 b']);
  gate.resolve();
  await running;
  expect(log).toEqual(['0 a', '0 b', 'ended']);
});

test('idle workers end at an abort', async () => {
  const { clock, stop, run } = stage(3);
  const running = run();
  await clock.advance(1);
  stop.abort();
  await expect(running).resolves.toBeUndefined();
});

test('a defect in the processing surfaces', async () => {
  const { queue, run } = stage();
  queue.add('a', 'routine');
  await expect(run(() => Promise.reject(new TypeError('a defect')))).rejects.toThrow('a defect');
});

const keys = fc.constantFrom('a', 'b', 'c', 'd');
const urgencies = fc.constantFrom('urgent' as const, 'routine' as const);
const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('add' as const), key: keys, urgency: urgencies }),
    fc.record({
      kind: fc.constant('addAfter' as const),
      key: keys,
      urgency: urgencies,
      delayMs: fc.integer({ min: 0, max: 5_000 }),
    }),
    fc.record({ kind: fc.constant('advance' as const), byMs: fc.integer({ min: 0, max: 3_000 }) }),
  ),
  { maxLength: 40 },
);
const courses = fc.array(fc.record({ tookMs: fc.integer({ min: 0, max: 2_000 }), fails: fc.boolean() }), {
  maxLength: 10,
});

test('whatever happens: no key is with two workers, none is lost, none runs without being asked for', async () => {
  await fc.assert(
    fc.asyncProperty(steps, courses, fc.integer({ min: 1, max: 3 }), async (steps, courses, workers) => {
      const { clock, queue, stop } = stage();
      const inHand = new Set<string>();
      const unservedSince = new Map<string, number>();
      let asked = 0;
      let begun = 0;
      let mostInHand = 0;
      const ask = (key: string, delayMs: number) => {
        asked += 1;
        const dueAtMs = clock.nowMs() + delayMs;
        unservedSince.set(key, Math.min(unservedSince.get(key) ?? dueAtMs, dueAtMs));
      };
      const running = queue.run(
        workers,
        async (key) => {
          expect(inHand.has(key)).toBe(false);
          inHand.add(key);
          mostInHand = Math.max(mostInHand, inHand.size);
          const course = courses[begun++] ?? { tookMs: 0, fails: false };
          expect(unservedSince.get(key)).toBeLessThanOrEqual(clock.nowMs());
          unservedSince.delete(key);
          if (course.tookMs > 0) await new Promise<void>((done) => clock.schedule(course.tookMs, done));
          if (course.fails) {
            queue.retry(key, backoff);
            ask(key, 0);
          }
          inHand.delete(key);
        },
        stop.signal,
      );
      for (const step of steps) {
        if (step.kind === 'advance') {
          await clock.advance(step.byMs);
          continue;
        }
        const delayMs = step.kind === 'add' ? 0 : step.delayMs;
        ask(step.key, delayMs);
        if (step.kind === 'add') queue.add(step.key, step.urgency);
        else queue.addAfter(step.key, delayMs, step.urgency);
      }
      await clock.advance(60 * minutesMs);
      expect([...unservedSince.keys()]).toEqual([]);
      expect(begun).toBeLessThanOrEqual(asked);
      expect(mostInHand).toBeLessThanOrEqual(workers);
      expect(queue.waiting).toBe(0);
      stop.abort();
      await running;
    }),
    { numRuns: 200 },
  );
});
