import type { Caller } from '../credentials/caller.ts';
import type { PermissionPolicy } from '../world/policy-document.ts';
import { findAccount, type World } from '../world/world.ts';
import { evaluatePolicies, type AccessQuestion, type Decision } from './evaluate-policies.ts';
import { systemPolicies } from './system-policies.ts';

/** All traffic of the cloud's APIs is TLS at its edge; the sandbox knows nothing else about a request. */
const facts = { 'acs:SecureTransport': 'true' };

/**
 * An action on a resource: an ARN `acs:<service>:<region>:<account>:<what>`, or `*` for an action that has no
 * resource of its own.
 */
export type AskedRight = Omit<AccessQuestion, 'facts'>;

/** Why somebody may not; the names are those that the cloud gives the kinds of policies. */
export interface Denial {
  readonly kind: 'denied';
  readonly by: 'AccountLevelIdentityBasedPolicy' | 'SessionPolicy' | 'AssumeRolePolicy';
  /** A statement says Deny; otherwise none says Allow. */
  readonly isExplicit: boolean;
}

export type Authorization = { readonly kind: 'allowed' } | Denial;

/** Whether a caller has a right. No permission policy reaches into another account. */
export function authorize(world: World, caller: Caller, right: AskedRight): Authorization {
  const { resource } = right;
  if (resource !== '*' && resource.split(':')[3] !== caller.account) {
    return { kind: 'denied', by: 'AccountLevelIdentityBasedPolicy', isExplicit: false };
  }
  return authorizeAnywhere(world, caller, right);
}

/**
 * Whether a caller's own policies give it a right, whosever the resource is. That is one half of assuming a role of
 * another account; that role's trust policy is the other.
 */
export function authorizeAnywhere(world: World, caller: Caller, right: AskedRight): Authorization {
  if (caller.kind === 'root') return { kind: 'allowed' };
  const question = { ...right, facts };
  const own = evaluatePolicies(policiesOf(world, caller), question);
  if (own !== 'allowed') return denied('AccountLevelIdentityBasedPolicy', own);
  const sessionPolicy = caller.kind === 'role-session' ? caller.sessionPolicy : undefined;
  if (sessionPolicy === undefined) return { kind: 'allowed' };
  const inSession = evaluatePolicies([sessionPolicy], question);
  return inSession === 'allowed' ? { kind: 'allowed' } : denied('SessionPolicy', inSession);
}

export function denied(by: Denial['by'], decision: Exclude<Decision, 'allowed'>): Denial {
  return { kind: 'denied', by, isExplicit: decision === 'explicit-deny' };
}

/** A policy of the account's own, or one of the cloud's. */
function policiesOf(world: World, caller: Exclude<Caller, { kind: 'root' }>): readonly PermissionPolicy[] {
  const account = findAccount(world, caller.account);
  const holder =
    caller.kind === 'ram-user'
      ? account?.ramUsers.find((user) => user.name === caller.name)
      : account?.roles.find((role) => role.name === caller.roleName);
  return (holder?.policies ?? []).flatMap(
    (name) => account?.policies[name] ?? systemPolicies.get(name) ?? [],
  );
}
