import type { NodeStage } from './node-stage.ts';

export interface PodRecord {
  /** Those that ran. */
  readonly ran: number;
  /** What the others met with. */
  readonly failures: readonly string[];
}

export interface SteadyPods {
  /** Those that ran so far. */
  ran(): number;
  /** Ends after the Pod that is under way. */
  stop(): Promise<PodRecord>;
}

/** Runs one Pod after the other, each of which has to pull: the image is evicted from the node before. */
export function startSteadyPods({ node, pods }: NodeStage, namespace: string, image: string): SteadyPods {
  const stopped = new AbortController();
  let ran = 0;
  const failures: string[] = [];
  const runOne = async (name: string) => {
    const pod = { namespace, name, images: [image] };
    if (await node.images.has(image)) await node.images.evict(image);
    await pods.run(pod);
    failures.push(...(await pods.failures(pod)));
    if (!(await pods.hasPulled(pod))) failures.push(`${name} ran without a pull`);
    ran += 1;
    await pods.remove(pod);
  };
  const running = (async () => {
    for (let number = 1; !stopped.signal.aborted; number++) {
      await runOne(`steady-${number}`).catch((thrown: unknown) => failures.push(String(thrown)));
    }
  })();
  return {
    ran: () => ran,
    async stop() {
      stopped.abort();
      await running;
      return { ran, failures };
    },
  };
}
