import type { FailureCode } from '../failures/catalogue.ts';
import { Failure } from '../failures/failure.ts';
import { pauseMs, type Pace } from '../runtime/backoff.ts';
import { sleep, type Clock } from '../runtime/clock.ts';

export interface PersistentParts {
  readonly clock: Clock;
  /** 0 ≤ n < 1; spreads retries. */
  readonly random: () => number;
}

const tries = 4;
const pace: Pace = { firstMs: 500, longestMs: 4_000 };

/** Asking again would only get the same answer. */
const final: ReadonlySet<FailureCode> = new Set([
  'KUBERNETES_FORBIDDEN',
  'KUBERNETES_REFUSED',
  'KUBERNETES_NOT_FOUND',
]);

/**
 * Does something that may fail for a moment, four times at most, with growing pauses or those that the server asks
 * for. Rejects as the last try does, or with the signal's reason.
 */
export async function persistently<T>(
  { clock, random }: PersistentParts,
  work: (failures: number) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  for (let failures = 0; ;) {
    try {
      return await work(failures);
    } catch (thrown) {
      failures += 1;
      if (!(thrown instanceof Failure) || final.has(thrown.code) || failures === tries) throw thrown;
      const { retry } = thrown;
      const delayMs = retry.kind === 'after' ? retry.delayMs : pauseMs(pace, failures, random());
      await sleep(clock, delayMs, signal);
    }
  }
}
