import { sleep, type Clock } from './clock.ts';

/** Wakes one who waits for something to change; a ring while nobody waits is not lost. */
export class Bell {
  readonly #clock: Clock;
  #rung = Promise.withResolvers<void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  ring(): void {
    this.#rung.resolve();
  }

  /** Resolves when it is rung, or was since the last time, or after so long; rejects with the signal's reason. */
  async next(longestMs: number, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    try {
      await Promise.race([
        this.#rung.promise,
        sleep(this.#clock, longestMs, AbortSignal.any([signal, over.signal])),
      ]);
    } finally {
      this.#rung = Promise.withResolvers();
      over.abort();
    }
    signal.throwIfAborted();
  }
}
