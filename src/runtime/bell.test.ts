import { expect, it } from 'vitest';
import { Bell } from './bell.ts';
import { VirtualClock } from './virtual-clock.ts';

function ringing() {
  const clock = new VirtualClock();
  const bell = new Bell(clock);
  const stop = new AbortController();
  const wait = (longestMs: number) => {
    const outcome = { state: 'waiting' };
    bell.next(longestMs, stop.signal).then(
      () => (outcome.state = 'woken'),
      () => (outcome.state = 'stopped'),
    );
    return outcome;
  };
  return { clock, bell, stop, wait };
}

it('wakes one who waits when it is rung, or after so long', async () => {
  const { clock, bell, wait } = ringing();
  const first = wait(1_000);
  await clock.advance(999);
  expect(first.state).toBe('waiting');
  await clock.advance(1);
  expect(first.state).toBe('woken');
  const second = wait(1_000);
  bell.ring();
  await clock.advance(0);
  expect(second.state).toBe('woken');
});

it('does not lose what rang while nobody waited, and tells it once', async () => {
  const { clock, bell, wait } = ringing();
  bell.ring();
  bell.ring();
  const first = wait(1_000);
  await clock.advance(0);
  expect(first.state).toBe('woken');
  const second = wait(1_000);
  await clock.advance(999);
  expect(second.state).toBe('waiting');
});

it('lets go of who waits when it is told to stop', async () => {
  const { clock, stop, wait } = ringing();
  const waiting = wait(1_000);
  stop.abort(new Error('stop'));
  await clock.advance(0);
  expect(waiting.state).toBe('stopped');
});
