import type { Caller } from '../credentials/caller.ts';
import type { PermissionPolicy } from '../world/policy-document.ts';
import { findAccount, type World } from '../world/world.ts';
import { evaluatePolicies, type AccessQuestion, type Decision } from './evaluate-policies.ts';

/** All traffic of the cloud's APIs is TLS at its edge; the sandbox knows nothing else about a request. */
const facts = { 'acs:SecureTransport': 'true' };

/**
 * An action on a resource: an ARN `acs:<service>:<region>:<account>:<what>`, or `*` for an action that has no
 * resource of its own.
 */
export type AskedRight = Omit<AccessQuestion, 'facts'>;

/** Whether a caller has a right. No permission policy reaches into another account. */
export function authorize(world: World, caller: Caller, right: AskedRight): Decision {
  const { resource } = right;
  if (resource !== '*' && resource.split(':')[3] !== caller.account) return 'implicit-deny';
  return evaluatePolicies(policiesOf(world, caller), { ...right, facts });
}

function policiesOf(world: World, caller: Caller): readonly PermissionPolicy[] {
  const account = findAccount(world, caller.account);
  const holder =
    caller.kind === 'ram-user'
      ? account?.ramUsers.find((user) => user.name === caller.name)
      : account?.roles.find((role) => role.name === caller.roleName);
  return (holder?.policies ?? []).flatMap((name) => account?.policies[name] ?? []);
}
