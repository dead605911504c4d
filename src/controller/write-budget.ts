import type { Clock } from '../runtime/clock.ts';

/**
 * So many writes a second, and at most a second's worth at once. A write is never refused: who spends more than
 * there is makes the next one wait longer.
 */
export class WriteBudget {
  readonly #clock: Clock;
  readonly #writesPerSecond: number;
  #left: number;
  #countedAtMs: number;

  constructor(clock: Clock, writesPerSecond: number) {
    this.#clock = clock;
    this.#writesPerSecond = writesPerSecond;
    this.#left = writesPerSecond;
    this.#countedAtMs = clock.monotonicMs();
  }

  /** How long until there is a write to spend; 0: there is one now. */
  waitMs(): number {
    this.#count();
    // In whole milliseconds, as timers count them, or a rounded one would come a little too early for ever.
    return this.#left >= 1 ? 0 : Math.ceil(((1 - this.#left) / this.#writesPerSecond) * 1000);
  }

  spend(writes: number): void {
    this.#count();
    this.#left -= writes;
  }

  #count(): void {
    const nowMs = this.#clock.monotonicMs();
    const passedMs = nowMs - this.#countedAtMs;
    this.#countedAtMs = nowMs;
    this.#left = Math.min(this.#left + (passedMs / 1000) * this.#writesPerSecond, this.#writesPerSecond);
  }
}
