import { randomBytes } from 'node:crypto';
import type { Caller } from '../credentials/caller.ts';
import { authorize, type AskedRight } from '../ram/authorize.ts';
import type { World } from '../world/world.ts';
import { Refusal } from './refusal.ts';

/** Throws Refusal (NoPermission, with the details that RAM gives) where the caller may not. */
export function requirePermission(world: World, caller: Caller, right: AskedRight): void {
  const { action, resource } = right;
  const decision = authorize(world, caller, right);
  if (decision === 'allowed') return;
  throw new Refusal(
    'NoPermission',
    `You are not authorized to perform this operation. Action: ${action}. Resource: ${resource}.`,
    {
      AuthAction: action,
      AuthPrincipalDisplayName:
        caller.kind === 'ram-user' ? caller.name : `${caller.roleName}:${caller.sessionName}`,
      AuthPrincipalOwnerId: caller.account,
      AuthPrincipalType: caller.kind === 'ram-user' ? 'SubUser' : 'AssumedRoleUser',
      NoPermissionType: decision === 'explicit-deny' ? 'ExplicitDeny' : 'ImplicitDeny',
      PolicyType: 'AccountLevelIdentityBasedPolicy',
      // The cloud's is encrypted and can be read through RAM only; this one holds nothing.
      EncodedDiagnosticMessage: randomBytes(96).toString('base64'),
    },
  );
}
