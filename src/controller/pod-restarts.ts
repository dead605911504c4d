import type { Logger } from 'pino';
import type { FailureCode } from '../failures/catalogue.ts';
import { describeFailure, Failure } from '../failures/failure.ts';
import type { Connection } from '../kubernetes/connection.ts';
import { deleteObject } from '../kubernetes/objects.ts';
import { pods } from '../kubernetes/resource.ts';
import type { ObservedPod } from '../pull-secrets/waiting-pod.ts';
import { sleep, type Clock } from '../runtime/clock.ts';
import { PodGenerations } from './pod-generations.ts';

export interface PodRestartsParts {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Of one look: Pods without the pull secret that somebody would make anew. */
export interface LackingPods {
  /** They can never pull. */
  readonly waiting: readonly ObservedPod[];
  /** Their kubelets have not found that out yet. */
  readonly undecided: readonly ObservedPod[];
}

const deletesPerSecond = 5;

/** Deletes Pods whose controllers make others in their place, so many a second. */
export class PodRestarts {
  readonly #parts: PodRestartsParts;
  readonly #generations: PodGenerations;
  /** By uid: those of the last look that may not be deleted. */
  #refused: ReadonlySet<string> = new Set();

  constructor(parts: PodRestartsParts) {
    this.#parts = parts;
    this.#generations = new PodGenerations(parts.clock);
  }

  /**
   * A delete and no eviction: an eviction ignores the disruption budgets of Pods that are Pending, and admission
   * sees only of a delete which Pod it is about, so that the add-on can be confined to these
   * (deploy/confinement.yaml). A Pod that has changed at all is left alone, and so is one whose deletion is
   * refused, until the next look. Gives whether there was one to delete. Throws the other KUBERNETES_… failures.
   */
  async restart({ waiting, undecided }: LackingPods, signal: AbortSignal): Promise<boolean> {
    const { connection, clock, logger } = this.#parts;
    const controllers = waiting.flatMap(({ origin }) => (origin.kind === 'replaced' ? [origin.uid] : []));
    this.#generations.begin(new Set(controllers), [...waiting, ...undecided]);
    const refusedUids = new Set<string>();
    let isAnyThere = false;
    for (const pod of waiting) {
      if (pod.origin.kind !== 'replaced' || this.#generations.isSuccessor(pod, pod.origin.uid)) continue;
      isAnyThere = true;
      const { namespace, name } = pod;
      const outcome = await deletion(connection, pod, signal);
      switch (outcome.kind) {
        case 'deleted':
          this.#generations.noteDelete(pod.origin.uid);
          logger.info({ namespace, pod: name }, 'deleted a Pod that could never pull');
          break;
        case 'changed':
          break;
        case 'refused':
          refusedUids.add(pod.uid);
          this.#tellOnce(pod, outcome.failure);
          break;
      }
      await sleep(clock, 1000 / deletesPerSecond, signal);
    }
    this.#refused = refusedUids;
    return isAnyThere;
  }

  #tellOnce({ uid, namespace, name }: ObservedPod, failure: Failure): void {
    if (this.#refused.has(uid)) return;
    const about = { namespace, pod: name, ...describeFailure(failure) };
    this.#parts.logger.warn(about, 'a Pod that can never pull may not be deleted');
  }
}

type Deletion =
  | { readonly kind: 'deleted' }
  /** Or it has gone. */
  | { readonly kind: 'changed' }
  /** By the API server's authorization or admission, which may say something else of the next Pod. */
  | { readonly kind: 'refused'; readonly failure: Failure };

const changed: ReadonlySet<FailureCode> = new Set(['KUBERNETES_NOT_FOUND', 'KUBERNETES_CONFLICT']);
const refused: ReadonlySet<FailureCode> = new Set(['KUBERNETES_FORBIDDEN', 'KUBERNETES_REFUSED']);

async function deletion(
  connection: Connection,
  { namespace, name, uid, resourceVersion }: ObservedPod,
  signal: AbortSignal,
): Promise<Deletion> {
  try {
    const ref = { resource: pods, namespace, name };
    await deleteObject(connection, ref, { uid, resourceVersion }, { signal });
    return { kind: 'deleted' };
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    if (changed.has(thrown.code)) return { kind: 'changed' };
    if (refused.has(thrown.code)) return { kind: 'refused', failure: thrown };
    throw thrown;
  }
}
