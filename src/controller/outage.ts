import { pauseMs, type Pace } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Failure } from '../failures/failure.ts';

export interface OutageParts {
  readonly clock: Clock;
  /** 0 ≤ n < 1; spreads the pauses. */
  readonly random: () => number;
}

const pace: Pace = { firstMs: 500, longestMs: 10_000 };

/** Whether a failure is about the API server as a whole, and not about one object. */
export function isOutage({ code }: Failure): boolean {
  return code === 'KUBERNETES_UNREACHABLE' || code === 'KUBERNETES_THROTTLED';
}

/**
 * How long to leave an API server alone that is away or asks to slow down: ten thousand namespaces that each find
 * out for themselves that it is away would keep it from coming back.
 */
export class Outage {
  readonly #parts: OutageParts;
  #failures = 0;
  #untilMs = Number.NEGATIVE_INFINITY;

  constructor(parts: OutageParts) {
    this.#parts = parts;
  }

  /** How long to leave the whole server alone; at least as long as it asks for itself. */
  pauseAfterMs(failure: Failure): number {
    const { clock, random } = this.#parts;
    const leftMs = this.#untilMs - clock.monotonicMs();
    const askedMs = failure.retry.kind === 'after' ? failure.retry.delayMs : 0;
    // What was under way when the pause began fails as well, and says nothing new.
    if (leftMs > 0) return Math.max(leftMs, askedMs);
    this.#failures += 1;
    const forMs = Math.max(pauseMs(pace, this.#failures, random()), askedMs);
    this.#untilMs = clock.monotonicMs() + forMs;
    return forMs;
  }

  /** The server has done something for us. */
  over(): void {
    this.#failures = 0;
  }
}
