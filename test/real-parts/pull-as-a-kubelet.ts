import type { PullOutcome } from './registry-client.ts';
import type { Stage } from './stage.ts';

/**
 * Pulls with what the pull secret of a namespace holds now, and where that ended meanwhile once more with what it
 * holds then: lives of seconds, on a busy machine, can end between the reading and the pull.
 */
export async function pullAsAKubelet(
  { cloud, kubectl }: Pick<Stage, 'cloud' | 'kubectl'>,
  namespace: string,
  image: string,
): Promise<PullOutcome> {
  const config = await kubectl.awaitDockerConfig(namespace);
  const outcome = await cloud.pull(image, config);
  if (outcome.kind === 'pulled') return outcome;
  const later = await kubectl.awaitDockerConfig(namespace);
  return later === config ? outcome : await cloud.pull(image, later);
}
