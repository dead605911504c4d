import { createHash } from 'node:crypto';
import type { Action } from '../pull-secrets/namespace-plan.ts';
import { pauseMs, type Pace } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';

interface Repetition {
  /** What was written, as a digest. */
  readonly content: string;
  /** How often it was, each time soon after it could be again. */
  readonly inARow: number;
  /** When it may be written again. */
  readonly freeAtMs: number;
}

export interface RepeatedWritesParts {
  readonly clock: Clock;
  /** 0 ≤ n < 1; spreads the pauses. */
  readonly random: () => number;
}

/** Whoever mends by hand, or deletes and makes anew, does it a few times and not for ever. */
const freeWrites = 5;
/** What stayed as it was written for so long is not being undone. */
const quietMs = 10_000;
const pace: Pace = { firstMs: 2_000, longestMs: 60_000 };

/**
 * How long to leave an object alone that somebody else changes back each time: neither of the two would ever
 * stop. What is written for the first time, as a new login is, never waits.
 */
export class RepeatedWrites {
  readonly #parts: RepeatedWritesParts;
  /** By object, the longest unwritten first. */
  readonly #repetitions = new Map<string, Repetition>();

  constructor(parts: RepeatedWritesParts) {
    this.#parts = parts;
  }

  /** 0: the action may take place now. */
  waitMs(namespace: string, action: Action): number {
    const known = this.#repetitions.get(keyOf(namespace, action));
    if (known === undefined || known.content !== contentOf(action)) return 0;
    return Math.max(known.freeAtMs - this.#parts.clock.nowMs(), 0);
  }

  /**
   * To be called when the action has taken place, or was in conflict with somebody else's. Says whether a pause
   * begins because of it: `first` for the first one in a row.
   */
  note(namespace: string, action: Action): 'none' | 'first' | 'further' {
    const { clock, random } = this.#parts;
    const nowMs = clock.nowMs();
    this.#forgetQuiet(nowMs);
    const key = keyOf(namespace, action);
    const known = this.#repetitions.get(key);
    const content = contentOf(action);
    const isAgain = known?.content === content && nowMs - known.freeAtMs < quietMs;
    const inARow = isAgain ? known.inARow + 1 : 1;
    const pauses = inARow - freeWrites + 1;
    const freeAtMs = pauses <= 0 ? nowMs : nowMs + pauseMs(pace, pauses, random());
    this.#repetitions.delete(key);
    this.#repetitions.set(key, { content, inARow, freeAtMs });
    if (pauses <= 0) return 'none';
    return pauses === 1 ? 'first' : 'further';
  }

  #forgetQuiet(nowMs: number): void {
    for (const [key, { freeAtMs }] of this.#repetitions) {
      if (nowMs - freeAtMs < quietMs) return;
      this.#repetitions.delete(key);
    }
  }
}

function keyOf(namespace: string, action: Action): string {
  switch (action.kind) {
    case 'attach':
    case 'detach':
      return `${namespace}/${action.account.name}`;
    case 'apply-secret':
    case 'replace-secret':
    case 'delete-secret':
      return namespace;
  }
}

function contentOf(action: Action): string {
  switch (action.kind) {
    case 'attach':
    case 'detach':
    case 'delete-secret':
      return action.kind;
    case 'apply-secret':
    case 'replace-secret': {
      const { dockerConfigJson, labels, annotations } = action.desired;
      const text = JSON.stringify([dockerConfigJson.reveal(), labels, annotations]);
      return createHash('sha256').update(text).digest('base64');
    }
  }
}
