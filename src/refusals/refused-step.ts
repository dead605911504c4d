import type { TokenClaims } from './token-claims.ts';

/** Who asked. */
export interface Caller {
  /** For people, e.g. `the node’s RAM role`. */
  readonly who: string;
  /** The ARN of the role or user, as a trust policy names it; undefined where it is not known. */
  readonly arn: string | undefined;
}

/** What was asked of Alibaba Cloud on the way to a login. */
export type RefusedStep = AssumeRoleWithOidcStep | AssumeRoleStep | ContainerRegistryStep;

export interface AssumeRoleWithOidcStep {
  readonly kind: 'assume-role-with-oidc';
  readonly roleArn: string;
  readonly oidcProviderArn: string;
  readonly sessionSeconds: number;
  readonly tokenClaims: TokenClaims;
}

export interface AssumeRoleStep {
  readonly kind: 'assume-role';
  readonly roleArn: string;
  readonly sessionSeconds: number;
  readonly caller: Caller;
}

export interface ContainerRegistryStep {
  readonly kind: 'container-registry';
  /** The RAM action that the call needs, e.g. `cr:GetAuthorizationToken`. */
  readonly action: string;
  /** Undefined: Personal Edition, which has none. */
  readonly instanceId: string | undefined;
  readonly regionId: string;
  readonly caller: Caller;
}
