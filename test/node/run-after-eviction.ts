import type { NodeStage } from './node-stage.ts';
import type { PodWish } from './pods.ts';

/**
 * Runs a Pod that has to pull, since its images are evicted from the node before, and removes it, whatever came of it. Gives
 * what went wrong on its way to running, or says that it did not pull, which would show nothing.
 */
export async function runAfterEviction(
  { node, pods }: Pick<NodeStage, 'node' | 'pods'>,
  wish: PodWish,
): Promise<string[]> {
  for (const image of wish.images) await node.images.evict(image);
  await pods.create(wish);
  try {
    await pods.awaitRunning(wish);
    const failures = await pods.failures(wish);
    for (const image of wish.images) {
      if (!(await pods.hasPulled(wish, image))) failures.push(`${wish.name} ran without a pull of ${image}`);
    }
    return failures;
  } finally {
    await pods.remove(wish);
  }
}
