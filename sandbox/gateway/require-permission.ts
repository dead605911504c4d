import { randomBytes } from 'node:crypto';
import type { Caller } from '../credentials/caller.ts';
import { authorize, type AskedRight, type Denial } from '../ram/authorize.ts';
import type { World } from '../world/world.ts';
import { Refusal, type AccessDeniedDetail } from './refusal.ts';

/** Throws Refusal (NoPermission, with the details that RAM gives) where the caller may not. */
export function requirePermission(world: World, caller: Caller, right: AskedRight): void {
  const { action, resource } = right;
  const authorization = authorize(world, caller, right);
  if (authorization.kind === 'allowed') return;
  throw new Refusal(
    'NoPermission',
    `You are not authorized to perform this operation. Action: ${action}. Resource: ${resource}.`,
    accessDenied(caller, action, authorization),
  );
}

/** What a refusal for want of rights says besides its text: whose rights, and which kind of policy said no. */
export function accessDenied(caller: Caller, action: string, denial: Denial): AccessDeniedDetail {
  return {
    AuthAction: action,
    ...principal(caller),
    AuthPrincipalOwnerId: caller.account,
    NoPermissionType: denial.isExplicit ? 'ExplicitDeny' : 'ImplicitDeny',
    PolicyType: denial.by,
    // The cloud's is encrypted and can be read through RAM only; this one holds nothing.
    EncodedDiagnosticMessage: randomBytes(96).toString('base64'),
  };
}

function principal(
  caller: Caller,
): Pick<AccessDeniedDetail, 'AuthPrincipalType' | 'AuthPrincipalDisplayName'> {
  switch (caller.kind) {
    case 'root':
      return { AuthPrincipalType: 'RootUser', AuthPrincipalDisplayName: caller.account };
    case 'ram-user':
      return { AuthPrincipalType: 'SubUser', AuthPrincipalDisplayName: caller.name };
    case 'role-session':
      return {
        AuthPrincipalType: 'AssumedRoleUser',
        AuthPrincipalDisplayName: `${caller.roleName}:${caller.sessionName}`,
      };
  }
}
