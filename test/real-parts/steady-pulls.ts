import type { Cloud } from './cloud.ts';
import type { Kubectl } from './kubectl.ts';

/** What a stream of pulls has met with. */
export interface PullRecord {
  readonly pulled: number;
  /** What the others were answered. */
  readonly failures: readonly string[];
}

export interface SteadyPulls {
  /** So far. */
  pulled(): number;
  /** Ends after the pull that is under way. */
  stop(): Promise<PullRecord>;
}

/** Pulls one image after the other, each with what the namespace's pull secret holds at that moment, as a kubelet does. */
export function startSteadyPulls(
  { cloud, kubectl }: { readonly cloud: Cloud; readonly kubectl: Kubectl },
  namespace: string,
  image: string,
): SteadyPulls {
  const stopped = new AbortController();
  let pulled = 0;
  const failures: string[] = [];
  const pulling = (async () => {
    while (!stopped.signal.aborted) {
      try {
        const outcome = await cloud.pull(image, await kubectl.dockerConfig(namespace));
        if (outcome.kind === 'pulled') pulled += 1;
        else failures.push(outcome.message);
      } catch (thrown) {
        failures.push(String(thrown));
      }
    }
  })();
  return {
    pulled: () => pulled,
    async stop() {
      stopped.abort();
      await pulling;
      return { pulled, failures };
    },
  };
}
