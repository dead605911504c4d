import type { Logger } from 'pino';
import type { RegistryLogin } from '../logins/registry-login.ts';
import { urgentBeforeMs } from '../logins/renewal-schedule.ts';
import { expiriesOf, type ObservedSecret } from '../pull-secrets/desired-secret.ts';
import type { Cancel, Clock } from '../runtime/clock.ts';
import type { WorkQueue } from './work-queue.ts';

/**
 * From when on (ms since the epoch) a namespace in scope goes before those that are only renewed: at once where
 * it has no login; some time before one of its logins ends where there is a better one; otherwise never.
 */
export function urgentFromMs(
  secret: ObservedSecret | undefined,
  logins: readonly RegistryLogin[],
  renewBeforeMs: number,
): number {
  const held = new Map(secret && expiriesOf(secret));
  if (held.size === 0) return Number.NEGATIVE_INFINITY;
  const keys = new Set(logins.map(({ instanceKey }) => instanceKey));
  // An entry may have another key now; then its login is still held under the former one.
  const goneUntilMs = Math.min(...[...held].filter(([key]) => !keys.has(key)).map(([, endMs]) => endMs));
  const urgent = logins.map((login) => {
    const heldUntilMs = held.get(login.instanceKey) ?? goneUntilMs;
    const isBetter = login.expiresAtMs > heldUntilMs;
    return isBetter ? heldUntilMs - urgentBeforeMs(login, renewBeforeMs) : Number.POSITIVE_INFINITY;
  });
  return Math.min(...urgent);
}

export interface RenewalRoundParts {
  readonly queue: WorkQueue;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly namespaces: () => readonly string[];
  /** As `urgentFromMs` says; infinite for a namespace that is not in scope. */
  readonly urgentFromMs: (namespace: string) => number;
}

/** Looks at every namespace once, in no hurry; those whose login is about to end meanwhile overtake. */
export class RenewalRound {
  readonly #parts: RenewalRoundParts;
  #cancelNextLook: Cancel | undefined;

  constructor(parts: RenewalRoundParts) {
    this.#parts = parts;
  }

  begin(): void {
    const { queue, namespaces } = this.#parts;
    for (const namespace of namespaces()) queue.add(namespace, 'routine');
    this.#overtake();
  }

  end(): void {
    this.#cancelNextLook?.();
    this.#cancelNextLook = undefined;
  }

  #overtake(): number {
    const { queue, clock, namespaces } = this.#parts;
    this.end();
    const nowMs = clock.nowMs();
    let nextAtMs = Number.POSITIVE_INFINITY;
    let overtaking = 0;
    for (const namespace of namespaces()) {
      const fromMs = this.#parts.urgentFromMs(namespace);
      if (fromMs > nowMs) {
        nextAtMs = Math.min(nextAtMs, fromMs);
        continue;
      }
      queue.add(namespace, 'urgent');
      overtaking += 1;
    }
    if (nextAtMs < Number.POSITIVE_INFINITY) {
      this.#cancelNextLook = clock.schedule(nextAtMs - nowMs, () => this.#lookAgain());
    }
    return overtaking;
  }

  #lookAgain(): void {
    const late = this.#overtake();
    if (late === 0) return;
    this.#parts.logger.warn(
      { namespaces: late },
      'these renewals are late and wait for the write budget no longer',
    );
  }
}
