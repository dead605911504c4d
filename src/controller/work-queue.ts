import type { RetryAdvice } from '../failures/catalogue.ts';
import { pauseMs, type Pace } from '../runtime/backoff.ts';
import type { Cancel, Clock } from '../runtime/clock.ts';

/** Urgent keys are taken before routine ones, and at once; routine ones wait their turn. */
export type Urgency = 'urgent' | 'routine';

export interface WorkQueueOptions {
  readonly clock: Clock;
  /** 0 ≤ n < 1; spreads retries. */
  readonly random: () => number;
  readonly retryPace?: Pace;
  /** How long the next routine key has to wait; 0: it may be taken now. Left out: none ever waits. */
  readonly routineWaitMs?: () => number;
}

/** Starts at once, in the same turn in which the key is taken. */
type Process = (key: string, urgency: Urgency) => Promise<void>;

interface Due {
  readonly dueAtMs: number;
  readonly cancel: Cancel;
}

interface Taken {
  readonly urgency: Urgency;
  /** Asked for again meanwhile: it is queued again when the worker is done with it. */
  again: Urgency | undefined;
  hasFailed: boolean;
}

const defaultRetryPace: Pace = { firstMs: 500, longestMs: 5 * 60_000 };

/**
 * Keys to be worked on. A key that is added ten times while it waits is processed once; no key is ever with two
 * workers; a key that is added while it is processed is processed once more afterwards. A key has one wake-up,
 * the earliest that was asked for: whoever processes it decides again when it is due next.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #retryPace: Pace;
  readonly #routineWaitMs: () => number;
  readonly #waiting: Readonly<Record<Urgency, Set<string>>> = { urgent: new Set(), routine: new Set() };
  readonly #wakeUps = new Map<string, Due>();
  readonly #taken = new Map<string, Taken>();
  readonly #failures = new Map<string, number>();
  readonly #idleWorkers: (() => void)[] = [];
  /** While there is one, nothing is taken at all. */
  #hold: Due | undefined;
  /** When workers that had to leave routine keys look again. */
  #opening: Due | undefined;

  constructor(options: WorkQueueOptions) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#retryPace = options.retryPace ?? defaultRetryPace;
    this.#routineWaitMs = options.routineWaitMs ?? (() => 0);
  }

  /** Keys that wait for a worker now. */
  get waiting(): number {
    return this.#waiting.urgent.size + this.#waiting.routine.size;
  }

  /** Queues the key now. A key that waits already is promoted if this is urgent, and never demoted. */
  add(key: string, urgency: Urgency): void {
    this.#cancelWakeUp(key);
    const taken = this.#taken.get(key);
    if (taken !== undefined) {
      taken.again = moreUrgent(taken.again, urgency);
      return;
    }
    if (this.#waiting.urgent.has(key)) return;
    if (urgency === 'urgent') this.#waiting.routine.delete(key);
    this.#waiting[urgency].add(key);
    this.#idleWorkers.shift()?.();
  }

  /** Queues the key in `delayMs`, unless it is due sooner anyway. */
  addAfter(key: string, delayMs: number, urgency: Urgency): void {
    const dueAtMs = this.#clock.monotonicMs() + delayMs;
    const known = this.#wakeUps.get(key);
    const isDueSooner = known !== undefined && known.dueAtMs <= dueAtMs;
    if (isDueSooner || this.#isQueued(key)) return;
    known?.cancel();
    const cancel = this.#clock.schedule(delayMs, () => {
      this.#wakeUps.delete(key);
      this.add(key, urgency);
    });
    this.#wakeUps.set(key, { dueAtMs, cancel });
  }

  /**
   * Says from inside `process` that the key failed, and queues it again as the failure advises: pauses double
   * with each failure in a row. With `never` it waits until somebody adds it.
   */
  retry(key: string, advice: RetryAdvice, pace: Pace = this.#retryPace): void {
    const taken = this.#taken.get(key);
    if (taken === undefined) throw new Error(`retry(${key}) outside its processing`);
    taken.hasFailed = true;
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    const backoffMs = pauseMs(pace, failures, this.#random());
    switch (advice.kind) {
      case 'backoff':
        return this.addAfter(key, backoffMs, taken.urgency);
      case 'after':
        return this.addAfter(key, advice.delayMs + this.#random() * 0.1 * advice.delayMs, taken.urgency);
      case 'never':
        return;
    }
  }

  /** Takes nothing for so long, not even what is urgent; what is in hand goes on. */
  hold(forMs: number): void {
    const dueAtMs = this.#clock.monotonicMs() + forMs;
    if (this.#hold !== undefined && this.#hold.dueAtMs >= dueAtMs) return;
    this.#hold?.cancel();
    const cancel = this.#clock.schedule(forMs, () => {
      this.#hold = undefined;
      this.#wakeAll();
    });
    this.#hold = { dueAtMs, cancel };
  }

  /**
   * Processes keys with `workers` workers until the signal is aborted, then waits for those in hand. Processing
   * that ends without `retry` forgets the key's failures. Rejects if `process` does: that is a defect.
   */
  async run(workers: number, process: Process, signal: AbortSignal): Promise<void> {
    const wakeAll = () => this.#wakeAll();
    signal.addEventListener('abort', wakeAll, { once: true });
    try {
      await Promise.all(Array.from({ length: workers }, () => this.#work(process, signal)));
    } finally {
      signal.removeEventListener('abort', wakeAll);
      for (const key of this.#wakeUps.keys()) this.#cancelWakeUp(key);
      this.#hold?.cancel();
      this.#opening?.cancel();
      this.#hold = this.#opening = undefined;
    }
  }

  async #work(process: Process, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const next = this.#next();
      if (next === undefined) await new Promise<void>((resolve) => this.#idleWorkers.push(resolve));
      else await this.#processOne(next.key, next.urgency, process);
    }
  }

  async #processOne(key: string, urgency: Urgency, process: Process): Promise<void> {
    const taken: Taken = { urgency, again: undefined, hasFailed: false };
    this.#taken.set(key, taken);
    try {
      await process(key, urgency);
    } finally {
      this.#taken.delete(key);
    }
    if (!taken.hasFailed) this.#failures.delete(key);
    if (taken.again !== undefined) this.add(key, taken.again);
  }

  #next(): { key: string; urgency: Urgency } | undefined {
    if (this.#hold !== undefined) return undefined;
    const [urgent] = this.#waiting.urgent;
    if (urgent !== undefined) return this.#take(urgent, 'urgent');
    const [routine] = this.#waiting.routine;
    if (routine === undefined) return undefined;
    const waitMs = this.#routineWaitMs();
    if (waitMs === 0) return this.#take(routine, 'routine');
    this.#openIn(waitMs);
    return undefined;
  }

  #take(key: string, urgency: Urgency): { key: string; urgency: Urgency } {
    this.#waiting[urgency].delete(key);
    return { key, urgency };
  }

  #openIn(waitMs: number): void {
    const dueAtMs = this.#clock.monotonicMs() + waitMs;
    if (this.#opening !== undefined && this.#opening.dueAtMs <= dueAtMs) return;
    this.#opening?.cancel();
    const cancel = this.#clock.schedule(waitMs, () => {
      this.#opening = undefined;
      this.#wakeAll();
    });
    this.#opening = { dueAtMs, cancel };
  }

  #wakeAll(): void {
    for (const wake of this.#idleWorkers.splice(0)) wake();
  }

  #isQueued(key: string): boolean {
    return (
      this.#waiting.urgent.has(key) ||
      this.#waiting.routine.has(key) ||
      this.#taken.get(key)?.again !== undefined
    );
  }

  #cancelWakeUp(key: string): void {
    this.#wakeUps.get(key)?.cancel();
    this.#wakeUps.delete(key);
  }
}

function moreUrgent(one: Urgency | undefined, other: Urgency): Urgency {
  return one === 'urgent' ? one : other;
}
