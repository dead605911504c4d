import { expect, test } from 'vitest';
import { sleep } from '../runtime/clock.ts';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import { WorkQueue } from './work-queue.ts';
import { WriteBudget } from './write-budget.ts';

const minuteMs = 60_000;
const workers = 8;
const writeMs = 100;
const writesPerSecond = 50;

/** Eight workers whose every write takes a tenth of a second. */
function stage() {
  const clock = new VirtualClock();
  const budget = new WriteBudget(clock, writesPerSecond);
  const queue = new WorkQueue({ clock, random: () => 0.5, routineWaitMs: () => budget.waitMs() });
  const stop = new AbortController();
  const startMs = clock.nowMs();
  const begun = new Map<string, number>();
  const running = queue.run(
    workers,
    async (key, urgency) => {
      if (urgency === 'routine') budget.spend(1);
      begun.set(key, clock.nowMs() - startMs);
      await sleep(clock, writeMs, new AbortController().signal);
    },
    stop.signal,
  );
  return { clock, queue, stop, begun, running };
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `tenant-${index}`);

test('the renewal of 10,000 namespaces takes them all within the threshold, at the budget', async () => {
  const { clock, queue, begun } = stage();
  for (const name of names(10_000)) queue.add(name, 'routine');
  await clock.advance(15 * minuteMs);
  const times = [...begun.values()].toSorted((a, b) => a - b);
  expect(times).toHaveLength(10_000);
  expect(times.at(-1)).toBeLessThan(4 * minuteMs);
  for (let from = 0; from + 2 * writesPerSecond < times.length; from += 1) {
    const [first = 0, last = 0] = [times[from], times[from + 2 * writesPerSecond]];
    expect(last - first).toBeGreaterThanOrEqual(1_000);
  }
}, 20_000);

test('what is urgent goes at once, whatever waits, and does not wait for the budget', async () => {
  const { clock, queue, begun } = stage();
  for (const name of names(1_000)) queue.add(name, 'routine');
  await clock.advance(5_000);
  const urgent = names(40).map((name) => `new-${name}`);
  for (const name of urgent) queue.add(name, 'urgent');
  queue.add('tenant-999', 'urgent');
  await clock.advance(minuteMs);
  const longestMs = Math.ceil(41 / workers) * writeMs;
  for (const name of [...urgent, 'tenant-999']) {
    expect(begun.get(name)).toBeLessThanOrEqual(5_000 + longestMs);
  }
  expect(begun.size).toBe(1_040);
});

test('while it is held nothing is taken, and afterwards everything, urgent keys first', async () => {
  const { clock, queue, begun } = stage();
  queue.hold(10_000);
  queue.hold(30_000);
  queue.hold(20_000);
  queue.add('routine', 'routine');
  for (const name of names(workers)) queue.add(name, 'urgent');
  await clock.advance(29_999);
  expect(begun.size).toBe(0);
  await clock.advance(1);
  expect([...begun.keys()]).toEqual(names(workers));
  await clock.advance(writeMs);
  expect(begun.get('routine')).toBe(30_000 + writeMs);
});

test('after an abort nothing is begun that waited for the budget, or for the end of a hold', async () => {
  const { clock, queue, stop, begun, running } = stage();
  for (const name of names(200)) queue.add(name, 'routine');
  await clock.advance(500);
  queue.hold(minuteMs);
  stop.abort();
  await clock.advance(writeMs);
  await running;
  const taken = begun.size;
  await clock.advance(10 * minuteMs);
  expect(begun.size).toBe(taken);
});
