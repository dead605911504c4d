import type { Caller } from '../credentials/caller.ts';
import { authorize } from '../ram/authorize.ts';
import type { InstanceRef, World } from '../world/world.ts';

export type RepositoryAction = 'cr:PullRepository' | 'cr:PushRepository';

/**
 * Whether a caller may pull from or push to `repository` (`namespace/name`) now.
 * Source of the ARN: RAM documentation, "Container Registry"; Personal Edition has no instance id in it.
 */
export function mayUseRepository(
  world: World,
  caller: Caller,
  action: RepositoryAction,
  { instance, repository }: { readonly instance: InstanceRef; readonly repository: string },
): boolean {
  const within = instance.edition === 'enterprise' ? `${instance.id}/${repository}` : repository;
  const resource = `acs:cr:${instance.regionId}:${instance.account}:repository/${within}`;
  return authorize(world, caller, { action, resource, alsoDeniedAt: [] }).kind === 'allowed';
}
