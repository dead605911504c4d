/** Why a RAM policy said no, as the gateway tells it to whoever asked. */
export interface AccessDeniedDetail {
  readonly AuthAction: string;
  readonly AuthPrincipalDisplayName?: string;
  readonly AuthPrincipalOwnerId?: string;
  readonly AuthPrincipalType?: 'RootUser' | 'SubUser' | 'AssumedRoleUser';
  readonly NoPermissionType: 'ImplicitDeny' | 'ExplicitDeny';
  readonly PolicyType: 'AccountLevelIdentityBasedPolicy' | 'SessionPolicy' | 'AssumeRolePolicy';
  readonly EncodedDiagnosticMessage?: string;
}

/**
 * HTTP status and text of the gateway's codes. The texts are public in many error reports. Statuses that no
 * official page or report was found for are marked "unverified"; clients should go by the code.
 */
const texts = {
  'InvalidAccessKeyId.NotFound': { status: 404, message: 'Specified access key is not found.' },
  // Status unverified.
  'InvalidAccessKeyId.Inactive': { status: 400, message: 'Specified access key is disabled.' },
  MissingSecurityToken: { status: 400, message: 'SecurityToken is mandatory for this action.' },
  // Status of the three unverified.
  'InvalidSecurityToken.Malformed': { status: 400, message: 'Specified SecurityToken is malformed.' },
  'InvalidSecurityToken.MismatchWithAccessKey': {
    status: 400,
    message: 'Specified SecurityToken mismatch with the AccessKey.',
  },
  'InvalidSecurityToken.Expired': { status: 400, message: 'Specified SecurityToken is expired.' },
  SignatureDoesNotMatch: { status: 400, message: 'Specified signature is not matched with our calculation.' },
  SignatureNonceUsed: { status: 400, message: 'Specified signature nonce was used already.' },
  'InvalidTimeStamp.Expired': { status: 400, message: 'Specified time stamp or date value is expired.' },
  'InvalidTimeStamp.Format': {
    status: 400,
    message: 'Specified time stamp or date value is not well formatted.',
  },
  // Code and status unverified for a scheme that the gateway does not know.
  IncompleteSignature: {
    status: 400,
    message: 'The request signature does not conform to Aliyun standards.',
  },
  MissingParameter: {
    status: 400,
    message: 'The input parameter that is mandatory for processing this request is not supplied.',
  },
  InvalidParameter: { status: 400, message: 'The specified parameter is not valid.' },
  'InvalidAction.NotFound': {
    status: 404,
    message: 'Specified api is not found, please check your url and method.',
  },
  NoPermission: {
    status: 403,
    message: 'You are not authorized to perform this operation.',
  },
  // Of STS. Source of codes, statuses and texts: STS documentation, "Error codes" and "AssumeRole"; Container
  // Service documentation, "Use RRSA". What is not there is marked.
  'InvalidParameter.RoleArn': { status: 400, message: 'The parameter RoleArn is wrongly formed.' },
  'InvalidParameter.RoleSessionName': {
    status: 400,
    message: 'The parameter RoleSessionName is wrongly formed.',
  },
  // The text is that for roles with the shortest Max Session Duration.
  'InvalidParameter.DurationSeconds': {
    status: 400,
    message: 'The Min/Max value of DurationSeconds is 15min/1hr.',
  },
  'InvalidParameter.PolicyGrammar': {
    status: 400,
    message: 'The parameter Policy has not passed grammar check.',
  },
  // The number of the text is older than today's limit.
  'InvalidParameter.PolicySize': {
    status: 400,
    message: 'The size of Policy must be smaller than 2048 bytes.',
  },
  // Code unverified.
  'InvalidParameter.ExternalId': { status: 400, message: 'The parameter ExternalId is wrongly formed.' },
  'EntityNotExist.Role': { status: 404, message: 'The specified Role not exists.' },
  'AuthenticationFail.NoPermission': { status: 401, message: 'There is no permission' },
  'AuthenticationFail.OIDCToken.Invalid': {
    status: 401,
    message: 'The Jwt content is invalid that cannot be recognized.',
  },
  'AuthenticationFail.OIDCToken.InvalidSignature': {
    status: 401,
    message: 'OIDC token validate failed: invalid signature.',
  },
  'AuthenticationFail.OIDCToken.Expired': { status: 401, message: 'This JsonWebToken is expired.' },
  'AuthenticationFail.OIDCToken.AudienceNotMatch': { status: 401, message: 'Invalid audience.' },
  'AuthenticationFail.OIDCToken.IssuerNotMatch': {
    status: 401,
    message: "The issuer in the OIDC Token doesn't match the OIDC Provider registered.",
  },
  // Statuses of the next two unverified, and the text of the second.
  'AuthenticationFail.OIDCToken.IssuerConfigurationBroken': {
    status: 401,
    message: 'Get public keys from OIDC Provider failed.',
  },
  'AuthenticationFail.OIDCToken.PublicKeyFingerprintMismatch': {
    status: 401,
    message: 'The fingerprint of the certificate does not match the OIDC Provider registered.',
  },
  'AuthenticationFail.OIDCToken.HttpsUrlInvalid': {
    status: 401,
    message: 'Invoke url failed due to certificate chain validation',
  },
  // Code unverified.
  RequestTooLong: { status: 413, message: 'The request is too long.' },
  'InvalidProtocol.NeedSsl': { status: 400, message: 'Your request is denied as lack of ssl protect.' },
  InternalError: {
    status: 500,
    message: 'The request processing has failed due to some unknown error.',
  },
} as const;

export type RefusalCode = keyof typeof texts;

/** A call that the gateway does not let through; the gateway turns it into an answer. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: RefusalCode;
  readonly status: number;
  readonly accessDenied: AccessDeniedDetail | undefined;

  /** `message` replaces the code's usual text where it can be more exact. */
  constructor(code: RefusalCode, message?: string, accessDenied?: AccessDeniedDetail) {
    super(message ?? texts[code].message);
    this.code = code;
    this.status = texts[code].status;
    this.accessDenied = accessDenied;
  }
}

export function missingParameter(name: string): Refusal {
  return new Refusal(
    'MissingParameter',
    `The input parameter "${name}" that is mandatory for processing this request is not supplied.`,
  );
}
