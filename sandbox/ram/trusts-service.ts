import type { TrustPolicy } from '../world/policy-document.ts';
import { evaluateCondition } from './condition.ts';
import { namesAction } from './evaluate-policies.ts';

/**
 * Whether a role may be assumed by a service of the cloud, e.g. `ecs.aliyuncs.com`. Which facts a service brings
 * for conditions is unknown, so an Allow with a condition grants nothing and a Deny with one holds.
 * Source: RAM documentation, "Trust policies".
 */
export function trustsService(policy: TrustPolicy, service: string): boolean {
  const applying = policy.Statement.filter(
    ({ Effect, Action, Principal, Condition }) =>
      namesAction({ Action }, 'sts:AssumeRole') &&
      // Names in full: no page has patterns of services.
      (Principal.Service?.includes(service) ?? false) &&
      (Effect === 'Deny' || evaluateCondition(Condition, {}) === 'met'),
  );
  return applying.length > 0 && applying.every(({ Effect }) => Effect === 'Allow');
}
