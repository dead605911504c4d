import type { Caller } from '../credentials/caller.ts';
import type { AskedRight } from '../ram/authorize.ts';

interface Place {
  readonly regionId: string;
  readonly caller: Caller;
}

/** The right to an action on one instance. Source of the ARN: RAM documentation, "Container Registry". */
export function rightOnInstance(action: string, place: Place, instanceId: string): AskedRight {
  return { action, resource: arnIn(place, `instance/${instanceId}`), alsoDeniedAt: [] };
}

/**
 * The right to an action that has no resource of its own, so that only an Allow for `*` gives it. Older pages knew
 * such actions by ARNs of the instance, and which reading the cloud has is not certain. The stricter one: a Deny
 * of an instance, or of all of its repositories, holds too. One of some of its repositories does not, as no page
 * has these calls ask for a repository. An id is `*` where a call is about no instance in particular.
 */
export function rightOnEverything(action: string, place: Place, instanceIds: readonly string[]): AskedRight {
  const alsoDeniedAt = instanceIds
    .flatMap((id) => [`instance/${id}`, `repository/${id}`, `repository/${id}/*`])
    .map((what) => arnIn(place, what));
  return { action, resource: '*', alsoDeniedAt };
}

function arnIn({ regionId, caller }: Place, what: string): string {
  return `acs:cr:${regionId}:${caller.account}:${what}`;
}
