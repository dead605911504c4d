import { arnOf, roleArn, type Caller } from '../credentials/caller.ts';
import { principalId } from './principal-id.ts';

/** Who a caller is; nobody needs a right to ask. Source: STS documentation, "GetCallerIdentity". */
export function callerIdentity(caller: Caller): Readonly<Record<string, string>> {
  const AccountId = caller.account;
  const Arn = arnOf(caller);
  switch (caller.kind) {
    case 'root':
      return { IdentityType: 'Account', AccountId, Arn, PrincipalId: AccountId, UserId: AccountId };
    case 'ram-user': {
      const UserId = principalId(Arn);
      return { IdentityType: 'RAMUser', AccountId, Arn, PrincipalId: UserId, UserId };
    }
    case 'role-session': {
      const RoleId = principalId(roleArn(caller.account, caller.roleName));
      const PrincipalId = `${RoleId}:${caller.sessionName}`;
      return { IdentityType: 'AssumedRoleUser', AccountId, Arn, PrincipalId, RoleId };
    }
  }
}
