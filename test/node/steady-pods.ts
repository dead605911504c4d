import type { NodeStage } from './node-stage.ts';
import { runAfterEviction } from './run-after-eviction.ts';

export interface SteadyPods {
  /** Those that ran so far. */
  ran(): number;
}

export interface PodRecord {
  /** Those that ran. */
  readonly ran: number;
  /** What the others met with. */
  readonly failures: readonly string[];
}

/**
 * Runs one Pod after the other, each of which has to pull, while `work` is done. Ends after the Pod that is under way then,
 * also where the work fails.
 */
export async function underSteadyPods(
  stage: NodeStage,
  { namespace, image }: { readonly namespace: string; readonly image: string },
  work: (steady: SteadyPods) => Promise<void>,
): Promise<PodRecord> {
  const stopped = new AbortController();
  const failures: string[] = [];
  let ran = 0;
  const runOne = async (name: string) => {
    failures.push(...(await runAfterEviction(stage, { namespace, name, images: [image] })));
    ran += 1;
  };
  const running = (async () => {
    for (let number = 1; !stopped.signal.aborted; number++) {
      await runOne(`steady-${number}`).catch((thrown: unknown) => failures.push(String(thrown)));
    }
  })();
  try {
    await work({ ran: () => ran });
  } finally {
    stopped.abort();
    await running;
  }
  return { ran, failures };
}
