/** What Alibaba Cloud said where it refused. Texts are bounded, and what the request was signed with is cut out. */
export interface CloudRefusal {
  /** What was asked where, e.g. `AssumeRole at sts.aliyuncs.com`. */
  readonly asked: string;
  readonly httpStatus: number;
  readonly code: string;
  readonly message: string;
  readonly requestId: string | undefined;
  /** Present where RAM says whom a policy denied what. */
  readonly accessDenied: AccessDenied | undefined;
}

/**
 * The fields of `AccessDeniedDetail` that a person can use. Each may be missing. Source: API error responses, "RAM
 * permission errors".
 */
export interface AccessDenied {
  /** The RAM action, e.g. `cr:GetAuthorizationToken`. */
  readonly action: string | undefined;
  /** `SubUser` or `AssumedRoleUser`. */
  readonly principalType: string | undefined;
  /** A user's name or id; of a session `<role>:<session>`. */
  readonly principalName: string | undefined;
  /** The account that the principal is of. */
  readonly accountId: string | undefined;
  /** `ImplicitDeny`: nothing allows it; `ExplicitDeny`: a statement denies it. */
  readonly denial: string | undefined;
  /** E.g. `AccountLevelIdentityBasedPolicy`, or `trustPolicy`. */
  readonly policyType: string | undefined;
}

/** The type that a role's trust policy has in `AccessDeniedDetail`. Source: public error reports of AssumeRoleWithOIDC. */
export const trustPolicy = 'AssumeRolePolicy';

/** In one line, for people, and for the cloud's support, which asks for the request id. */
export function quoteRefusal({ asked, code, message, requestId }: CloudRefusal): string {
  return `${asked}: ${code}, ${message}${requestId === undefined ? '' : `, request id ${requestId}`}`;
}
