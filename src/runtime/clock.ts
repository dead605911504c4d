/** Stops a scheduled task that has not run yet; harmless afterwards. */
export type Cancel = () => void;

/**
 * The only source of time for decisions and timers. Tests pass a `VirtualClock`, so an hour of renewals
 * takes microseconds.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch: for what others date. It jumps when the machine's clock is set. */
  nowMs(): number;
  /** Milliseconds since some moment, never set: for how long ago something was. */
  monotonicMs(): number;
  /** Runs `task` once after `delayMs`. */
  schedule(delayMs: number, task: () => void): Cancel;
}

/** setTimeout fires at once for delays over 2^31-1 ms, so longer ones are cut; callers look at the time again. */
const longestDelayMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule(delayMs, task) {
    const timer = setTimeout(task, Math.min(Math.max(delayMs, 0), longestDelayMs));
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs`; rejects with the signal's reason as soon as it is aborted. */
export function sleep(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const onAbort = () => {
      cancel();
      reject(signal.reason as Error);
    };
    const cancel = clock.schedule(delayMs, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
