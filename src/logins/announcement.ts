import type { Cancel, Clock } from '../runtime/clock.ts';

/** Tells of several things at once: `tell` is called for all that are announced until the first is due. */
export class Announcement {
  readonly #clock: Clock;
  readonly #tell: () => void;
  #pending: { readonly dueAtMs: number; readonly cancel: Cancel } | undefined;

  constructor(clock: Clock, tell: () => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** At once; what was to be told later is told with it. */
  now(): void {
    this.cancel();
    this.#tell();
  }

  within(pauseMs: number): void {
    if (pauseMs === 0) return this.now();
    const dueAtMs = this.#clock.nowMs() + pauseMs;
    if (this.#pending !== undefined && this.#pending.dueAtMs <= dueAtMs) return;
    this.cancel();
    this.#pending = { dueAtMs, cancel: this.#clock.schedule(pauseMs, () => this.now()) };
  }

  cancel(): void {
    this.#pending?.cancel();
    this.#pending = undefined;
  }
}
