import { describe, expect, it } from 'vitest';
import { runTogether } from './run-together.ts';

/** Runs until it is told to end, and says so. */
function untilEnded(ends: string[], name: string) {
  return (running: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      running.addEventListener('abort', () => {
        ends.push(name);
        resolve();
      });
    });
}

function defect(): Promise<never> {
  return Promise.reject(new Error('a defect'));
}

describe('what runs together', () => {
  it('runs until the signal is aborted', async () => {
    const stop = new AbortController();
    const ends: string[] = [];
    const run = runTogether(stop.signal, untilEnded(ends, 'one'), untilEnded(ends, 'other'));
    expect(ends).toEqual([]);
    stop.abort();
    await run;
    expect(ends).toEqual(['one', 'other']);
  });

  it('is ended by a defect in one of it, which is thrown', async () => {
    const ends: string[] = [];
    const run = runTogether(new AbortController().signal, untilEnded(ends, 'the rest'), defect);
    await expect(run).rejects.toThrow('a defect');
    expect(ends).toEqual(['the rest']);
  });

  it('leaves out what there is not', async () => {
    const stop = new AbortController();
    const ends: string[] = [];
    const run = runTogether(stop.signal, undefined, untilEnded(ends, 'the rest'));
    await Promise.resolve();
    expect(ends).toEqual([]);
    stop.abort();
    await run;
  });
});
