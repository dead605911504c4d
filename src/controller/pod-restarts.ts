import type { Logger } from 'pino';
import { Failure } from '../failures/failure.ts';
import type { Connection } from '../kubernetes/connection.ts';
import { deleteObject } from '../kubernetes/objects.ts';
import { pods } from '../kubernetes/resource.ts';
import type { ObservedPod } from '../pull-secrets/waiting-pod.ts';
import { sleep, type Clock } from '../runtime/clock.ts';

export interface PodRestartsParts {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly logger: Logger;
}

const deletesPerSecond = 5;
/** Somebody who keeps taking the attachment away must not make us delete one successor after another. */
const successorRestsMs = 10 * 60_000;

/** Deletes Pods whose controllers make others in their place, so many a second. */
export class PodRestarts {
  readonly #parts: PodRestartsParts;
  /** By the controller's uid: when one of its Pods was last deleted (ms since the epoch). */
  readonly #deletedAtMs = new Map<string, number>();

  constructor(parts: PodRestartsParts) {
    this.#parts = parts;
  }

  /**
   * A delete and no eviction: an eviction ignores the disruption budgets of Pods that are Pending, and admission
   * sees only of a delete which Pod it is about, so that the add-on can be confined to these
   * (deploy/confinement.yaml). A Pod that has changed at all is left alone. Gives
   * whether there was one to delete. Throws the KUBERNETES_… failures.
   */
  async restart(waiting: readonly ObservedPod[], signal: AbortSignal): Promise<boolean> {
    const { connection, clock, logger } = this.#parts;
    this.#forgetOld();
    let isAnyThere = false;
    for (const pod of waiting) {
      if (pod.origin.kind !== 'replaced' || this.#isSuccessor(pod, pod.origin.uid)) continue;
      isAnyThere = true;
      const { namespace, name, uid, resourceVersion } = pod;
      const ref = { resource: pods, namespace, name };
      const isDeleted = await unlessChanged(
        deleteObject(connection, ref, { uid, resourceVersion }, { signal }),
      );
      if (isDeleted) {
        this.#deletedAtMs.set(pod.origin.uid, clock.nowMs());
        logger.info({ namespace, pod: name }, 'deleted a Pod that could never pull');
      }
      await sleep(clock, 1000 / deletesPerSecond, signal);
    }
    return isAnyThere;
  }

  #isSuccessor({ createdAtMs }: ObservedPod, controllerUid: string): boolean {
    return createdAtMs >= (this.#deletedAtMs.get(controllerUid) ?? Number.POSITIVE_INFINITY);
  }

  #forgetOld(): void {
    const nowMs = this.#parts.clock.nowMs();
    for (const [uid, atMs] of this.#deletedAtMs) {
      if (nowMs - atMs >= successorRestsMs) this.#deletedAtMs.delete(uid);
    }
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
