import type { ObservedPod } from '../pull-secrets/waiting-pod.ts';
import type { Clock } from '../runtime/clock.ts';

interface Generation {
  readonly uids: ReadonlySet<string>;
  /** Monotonic. */
  readonly restsUntilMs: number;
}

/** Somebody who keeps taking the attachment away must not make us delete one successor after another. */
const successorsRestMs = 10 * 60_000;

/**
 * Which Pods of a controller were there before the first of them was deleted. Told by their uids: the cluster's
 * times have whole seconds and are of another clock, so a successor may seem older than the delete that it follows.
 */
export class PodGenerations {
  readonly #clock: Clock;
  /** By the controller's uid. */
  readonly #generations = new Map<string, Generation>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** To be called with one look's Pods before any of them is deleted. Those that are known already stay. */
  begin(controllerUids: ReadonlySet<string>, found: readonly ObservedPod[]): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [uid, { restsUntilMs }] of this.#generations) {
      if (nowMs >= restsUntilMs) this.#generations.delete(uid);
    }
    const ofController = Map.groupBy(found, ({ origin }) => (origin.kind === 'replaced' ? origin.uid : ''));
    for (const uid of controllerUids) {
      if (this.#generations.has(uid)) continue;
      const uids = new Set((ofController.get(uid) ?? []).map((pod) => pod.uid));
      this.#generations.set(uid, { uids, restsUntilMs: nowMs + successorsRestMs });
    }
  }

  isSuccessor({ uid }: ObservedPod, controllerUid: string): boolean {
    return this.#generations.get(controllerUid)?.uids.has(uid) !== true;
  }

  /** Successors rest from the last delete on. */
  noteDelete(controllerUid: string): void {
    const generation = this.#generations.get(controllerUid);
    if (generation === undefined) return;
    const restsUntilMs = this.#clock.monotonicMs() + successorsRestMs;
    this.#generations.set(controllerUid, { ...generation, restsUntilMs });
  }
}
