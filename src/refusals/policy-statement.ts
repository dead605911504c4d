import type { TokenClaims } from './token-claims.ts';

/** A statement to be pasted into the `Statement` list of a RAM policy. Source: RAM, "Policy elements". */
export type PolicyStatement = Readonly<Record<string, unknown>> & { readonly Effect: 'Allow' };

const assumeRole = { Effect: 'Allow', Action: 'sts:AssumeRole' } as const;
/** What a pull needs; a login without the last of them can be had, but is good for nothing. */
const pullActions = ['cr:GetAuthorizationToken', 'cr:ListInstanceEndpoint', 'cr:PullRepository'];

/** For the trust policy of a role: that a ServiceAccount's token opens a session of it. */
export function trustInToken(oidcProviderArn: string, claims: TokenClaims): PolicyStatement | undefined {
  const { iss, sub, aud } = claims;
  if (iss === undefined || sub === undefined || aud.length === 0) return undefined;
  const conditions = { 'oidc:aud': aud.length === 1 ? aud[0] : aud, 'oidc:iss': iss, 'oidc:sub': sub };
  return {
    ...assumeRole,
    Principal: { Federated: [oidcProviderArn] },
    Condition: { StringEquals: conditions },
  };
}

/** For the trust policy of a role: that a role or user may assume it. */
export function trustInPrincipal(arn: string): PolicyStatement {
  return { ...assumeRole, Principal: { RAM: [arn] } };
}

/** For a policy of whoever assumes the role. Source: RAM, "FAQ about RAM roles and STS tokens". */
export function rightToAssume(roleArn: string): PolicyStatement {
  return { ...assumeRole, Resource: roleArn.replace(/^acs:ram::/, 'acs:ram:*:') };
}

/** For a policy of whoever asks for logins: all that a pull needs, so that the next lack does not follow. */
export function rightToRegistry(action: string): PolicyStatement {
  const Action = pullActions.includes(action) ? pullActions : action;
  return { Effect: 'Allow', Action, Resource: '*' };
}
