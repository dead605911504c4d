import { beforeEach, describe, expect, it } from 'vitest';
import type { FailureCode } from '../failures/catalogue.ts';
import { Failure } from '../failures/failure.ts';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import { persistently } from './persistently.ts';

const failure = (code: FailureCode) => new Failure(code, code);

describe('what is done persistently', () => {
  let clock: VirtualClock;
  let triedAtMs: number[];
  let stop: AbortController;

  beforeEach(() => {
    clock = new VirtualClock();
    triedAtMs = [];
    stop = new AbortController();
  });

  /** Fails as told, once for each, and then works. */
  async function attempt(...failures: Failure[]): Promise<string> {
    const outcome = persistently(
      { clock, random: () => 1 },
      async () => {
        triedAtMs.push(clock.monotonicMs());
        const failure = failures.shift();
        if (failure !== undefined) throw failure;
        return 'done';
      },
      stop.signal,
    ).catch((thrown: unknown) => (thrown instanceof Error ? thrown.message : 'unknown'));
    await clock.advance(60_000);
    return outcome;
  }

  it('is tried again with growing pauses', async () => {
    const outcome = await attempt(failure('KUBERNETES_UNREACHABLE'), failure('KUBERNETES_CONFLICT'));
    expect(outcome).toBe('done');
    expect(triedAtMs).toEqual([0, 500, 1_500]);
  });

  it('is given up after four tries', async () => {
    const always = Array.from({ length: 9 }, () => failure('KUBERNETES_UNREACHABLE'));
    expect(await attempt(...always)).toBe('KUBERNETES_UNREACHABLE');
    expect(triedAtMs).toHaveLength(4);
  });

  it('waits as long as the server asks for', async () => {
    const retry = { kind: 'after', delayMs: 7_000 } as const;
    expect(await attempt(new Failure('KUBERNETES_THROTTLED', 'slow down', { retry }))).toBe('done');
    expect(triedAtMs).toEqual([0, 7_000]);
  });

  it.each(['KUBERNETES_FORBIDDEN', 'KUBERNETES_REFUSED', 'KUBERNETES_NOT_FOUND'] as const)(
    'is not tried again where the answer would be the same (%s)',
    async (code) => {
      expect(await attempt(failure(code))).toBe(code);
      expect(triedAtMs).toEqual([0]);
    },
  );

  it('ends at once when it is stopped', async () => {
    clock.schedule(100, () => stop.abort(new Error('stopped')));
    expect(await attempt(failure('KUBERNETES_UNREACHABLE'))).toBe('stopped');
    expect(triedAtMs).toEqual([0]);
  });
});
