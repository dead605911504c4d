/** Who makes a call, once the access key was found and the signature held. */
export type Caller =
  | { readonly kind: 'ram-user'; readonly account: string; readonly name: string }
  | {
      readonly kind: 'role-session';
      readonly account: string;
      readonly roleName: string;
      readonly sessionName: string;
      readonly expiresAtMs: number;
    };

/** The caller's ARN, e.g. `acs:ram::1000000000000001:user/puller`. */
export function arnOf(caller: Caller): string {
  switch (caller.kind) {
    case 'ram-user':
      return `acs:ram::${caller.account}:user/${caller.name}`;
    case 'role-session':
      return `acs:ram::${caller.account}:assumed-role/${caller.roleName}/${caller.sessionName}`;
  }
}
