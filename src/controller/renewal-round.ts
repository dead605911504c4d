import type { Logger } from 'pino';
import type { RegistryLogin } from '../logins/registry-login.ts';
import { urgentBeforeMs } from '../logins/renewal-schedule.ts';
import { expiryOf, type ObservedSecret } from '../pull-secrets/desired-secret.ts';
import type { Cancel, Clock } from '../runtime/clock.ts';
import type { WorkQueue } from './work-queue.ts';

/**
 * From when on (ms since the epoch) a namespace in scope goes before those that are only renewed: at once where
 * it has no login; some time before its login ends where there is a better one; otherwise never.
 */
export function urgentFromMs(
  secret: ObservedSecret | undefined,
  logins: readonly RegistryLogin[],
  renewBeforeMs: number,
): number {
  const heldUntilMs = secret && expiryOf(secret);
  if (heldUntilMs === undefined) return Number.NEGATIVE_INFINITY;
  const bestUntilMs = Math.min(...logins.map(({ expiresAtMs }) => expiresAtMs));
  if (logins.length === 0 || bestUntilMs <= heldUntilMs) return Number.POSITIVE_INFINITY;
  return heldUntilMs - Math.max(...logins.map((login) => urgentBeforeMs(login, renewBeforeMs)));
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
