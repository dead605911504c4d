import type { Cancel, Clock } from './clock.ts';

interface Timer {
  readonly dueAtMs: number;
  readonly order: number;
  readonly task: () => void;
}

/** A clock for tests: time stands still until `advance` moves it, and runs what falls due on the way. */
export class VirtualClock implements Clock {
  #monotonicMs = 0;
  #epochMs: number;
  #order = 0;
  readonly #timers = new Set<Timer>();

  constructor(startMs = Date.parse('2026-01-01T00:00:00Z')) {
    this.#epochMs = startMs;
  }

  nowMs(): number {
    return this.#epochMs + this.#monotonicMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  /** As when somebody sets the machine's clock: timers do not notice. */
  stepWallClock(byMs: number): void {
    this.#epochMs += byMs;
  }

  schedule(delayMs: number, task: () => void): Cancel {
    const timer = { dueAtMs: this.#monotonicMs + Math.max(delayMs, 0), order: this.#order++, task };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Moves time by `byMs`, letting promises settle after each task so that tasks may schedule further ones. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#monotonicMs + byMs;
    await settle();
    for (let next = this.#nextBefore(untilMs); next !== undefined; next = this.#nextBefore(untilMs)) {
      this.#timers.delete(next);
      this.#monotonicMs = Math.max(this.#monotonicMs, next.dueAtMs);
      next.task();
      await settle();
    }
    this.#monotonicMs = untilMs;
  }

  /** As when the process is stopped: time passes, and what has fallen due meanwhile runs at the next `advance`. */
  pause(byMs: number): void {
    this.#monotonicMs += byMs;
  }

  #nextBefore(untilMs: number): Timer | undefined {
    const due = [...this.#timers].filter((timer) => timer.dueAtMs <= untilMs);
    return due.toSorted((a, b) => a.dueAtMs - b.dueAtMs || a.order - b.order)[0];
  }
}

/** A macrotask turn: every promise that can settle without I/O has settled afterwards. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
