import type { Logger } from 'pino';
import { Failure } from '../failures/failure.ts';
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

  constructor(parts: PodRestartsParts) {
    this.#parts = parts;
    this.#generations = new PodGenerations(parts.clock);
  }

  /**
   * A delete and no eviction: an eviction ignores the disruption budgets of Pods that are Pending, and admission
   * sees only of a delete which Pod it is about, so that the add-on can be confined to these
   * (deploy/confinement.yaml). A Pod that has changed at all is left alone. Gives
   * whether there was one to delete. Throws the KUBERNETES_… failures.
   */
  async restart({ waiting, undecided }: LackingPods, signal: AbortSignal): Promise<boolean> {
    const { connection, clock, logger } = this.#parts;
    const controllers = waiting.flatMap(({ origin }) => (origin.kind === 'replaced' ? [origin.uid] : []));
    this.#generations.begin(new Set(controllers), [...waiting, ...undecided]);
    let isAnyThere = false;
    for (const pod of waiting) {
      if (pod.origin.kind !== 'replaced' || this.#generations.isSuccessor(pod, pod.origin.uid)) continue;
      isAnyThere = true;
      const { namespace, name, uid, resourceVersion } = pod;
      const ref = { resource: pods, namespace, name };
      const isDeleted = await unlessChanged(
        deleteObject(connection, ref, { uid, resourceVersion }, { signal }),
      );
      if (isDeleted) {
        this.#generations.noteDelete(pod.origin.uid);
        logger.info({ namespace, pod: name }, 'deleted a Pod that could never pull');
      }
      await sleep(clock, 1000 / deletesPerSecond, signal);
    }
    return isAnyThere;
  }
}

async function unlessChanged(work: Promise<void>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (thrown) {
    const isChanged =
      thrown instanceof Failure && ['KUBERNETES_NOT_FOUND', 'KUBERNETES_CONFLICT'].includes(thrown.code);
    if (!isChanged) throw thrown;
    return false;
  }
}
