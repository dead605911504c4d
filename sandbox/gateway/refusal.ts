/** Why a RAM policy said no, as the gateway tells it to whoever asked. */
export interface AccessDeniedDetail {
  readonly AuthAction: string;
  readonly AuthPrincipalDisplayName: string;
  readonly AuthPrincipalOwnerId: string;
  readonly AuthPrincipalType: 'SubUser' | 'AssumedRoleUser';
  readonly NoPermissionType: 'ImplicitDeny' | 'ExplicitDeny';
  readonly PolicyType: 'AccountLevelIdentityBasedPolicy';
  readonly EncodedDiagnosticMessage: string;
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
