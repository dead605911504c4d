/** Whether trying again may help: with growing pauses, after a given pause, or only when something changes. */
export type RetryAdvice =
  | { readonly kind: 'backoff' }
  | { readonly kind: 'after'; readonly delayMs: number }
  | { readonly kind: 'never' };

const backoff: RetryAdvice = { kind: 'backoff' };
const never: RetryAdvice = { kind: 'never' };

/** Every failure the programs know, and what to do about it. Codes are stable; messages may improve. */
export const catalogue = {
  /** A command line flag has a value that cannot be used. */
  FLAGS_INVALID: never,
  /** A file of manifests has no ConfigMap that could be used. */
  MANIFEST_INVALID: never,
  /** A replica of the add-on leads, and would undo what was asked for. */
  ADD_ON_RUNNING: never,
  /** An instance has no regionId and the cluster’s region is not known. */
  REGION_UNKNOWN: backoff,
  /** The domains of an Enterprise instance are not known. */
  DOMAINS_UNKNOWN: backoff,
  /** The Secret with the access key is missing or incomplete. */
  ACCESS_KEY_MISSING: backoff,
  /** An entry leaves its RRSA role to the Pod's variables, and these do not name one. */
  RRSA_ROLE_UNKNOWN: backoff,
  /** There is no OIDC token to prove with who the add-on is. */
  OIDC_TOKEN_UNAVAILABLE: backoff,
  /** The ECS metadata service did not answer. */
  METADATA_UNREACHABLE: backoff,
  /** The node has no RAM role. */
  METADATA_NO_ROLE: backoff,
  /** The ECS metadata service asks to slow down. */
  METADATA_THROTTLED: backoff,
  /** The ECS metadata service answered something unreadable. */
  METADATA_MALFORMED: backoff,
  /** An Alibaba Cloud endpoint did not answer in time. */
  CLOUD_UNREACHABLE: backoff,
  /** Alibaba Cloud asks to slow down. */
  CLOUD_THROTTLED: backoff,
  /** The identity lacks a permission at Alibaba Cloud. */
  CLOUD_FORBIDDEN: backoff,
  /** Alibaba Cloud refused the request. */
  CLOUD_REFUSED: backoff,
  /** An Alibaba Cloud answer lacks what its API promises. */
  CLOUD_MALFORMED: backoff,
  /** The API server did not answer in time. */
  KUBERNETES_UNREACHABLE: backoff,
  /** The add-on’s RBAC does not allow the request. */
  KUBERNETES_FORBIDDEN: backoff,
  /** The object does not exist. */
  KUBERNETES_NOT_FOUND: backoff,
  /** Somebody else changed the object in between. */
  KUBERNETES_CONFLICT: backoff,
  /** The resource version to continue from is too old. */
  KUBERNETES_GONE: backoff,
  /** The API server asks to slow down. */
  KUBERNETES_THROTTLED: backoff,
  /** The API server refused the request. */
  KUBERNETES_REFUSED: backoff,
} as const satisfies Record<string, RetryAdvice>;

export type FailureCode = keyof typeof catalogue;
