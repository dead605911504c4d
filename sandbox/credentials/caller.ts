import type { PermissionPolicy } from '../world/policy-document.ts';

/** Who makes a call, once the access key was found and the signature held. */
export type Caller =
  /** The account itself, which may do everything that is its own. */
  | { readonly kind: 'root'; readonly account: string }
  | { readonly kind: 'ram-user'; readonly account: string; readonly name: string }
  | {
      readonly kind: 'role-session';
      readonly account: string;
      readonly roleName: string;
      readonly sessionName: string;
      readonly expiresAtMs: number;
      /** Narrows the role's rights, and gives none. */
      readonly sessionPolicy?: PermissionPolicy | undefined;
    };

/** The caller's ARN, e.g. `acs:ram::1000000000000001:user/puller`. */
export function arnOf(caller: Caller): string {
  switch (caller.kind) {
    case 'root':
      return rootArn(caller.account);
    case 'ram-user':
      return `acs:ram::${caller.account}:user/${caller.name}`;
    case 'role-session':
      return `acs:ram::${caller.account}:assumed-role/${caller.roleName}/${caller.sessionName}`;
  }
}

export function rootArn(account: string): string {
  return `acs:ram::${account}:root`;
}

export function roleArn(account: string, roleName: string): string {
  return `acs:ram::${account}:role/${roleName}`;
}
