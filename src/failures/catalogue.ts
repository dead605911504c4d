/** Whether trying again may help: with growing pauses, after a given pause, or only when something changes. */
export type RetryAdvice =
  | { readonly kind: 'backoff' }
  | { readonly kind: 'after'; readonly delayMs: number }
  | { readonly kind: 'never' };

interface Entry {
  readonly retry: RetryAdvice;
  readonly meaning: string;
}

const backoff = { kind: 'backoff' } as const;
const never = { kind: 'never' } as const;

/** Every failure the programs know. Codes are stable; messages may improve. */
export const catalogue = {
  FLAGS_INVALID: { retry: never, meaning: 'a command line flag has a value that cannot be used' },
  REGION_UNKNOWN: {
    retry: backoff,
    meaning: 'an instance has no regionId and the cluster’s region is not known',
  },
  DOMAINS_UNKNOWN: { retry: backoff, meaning: 'the domains of an Enterprise instance are not known' },
  ACCESS_KEY_MISSING: { retry: backoff, meaning: 'the Secret with the access key is missing or incomplete' },
  METADATA_UNREACHABLE: { retry: backoff, meaning: 'the ECS metadata service did not answer' },
  METADATA_NO_ROLE: { retry: backoff, meaning: 'the node has no RAM role' },
  METADATA_MALFORMED: { retry: backoff, meaning: 'the ECS metadata service answered something unreadable' },
  CLOUD_UNREACHABLE: { retry: backoff, meaning: 'an Alibaba Cloud endpoint did not answer in time' },
  CLOUD_THROTTLED: { retry: backoff, meaning: 'Alibaba Cloud asks to slow down' },
  CLOUD_REFUSED: { retry: backoff, meaning: 'Alibaba Cloud refused the request' },
  CLOUD_MALFORMED: { retry: backoff, meaning: 'an Alibaba Cloud answer lacks what its API promises' },
  KUBERNETES_UNREACHABLE: { retry: backoff, meaning: 'the API server did not answer in time' },
  KUBERNETES_FORBIDDEN: { retry: backoff, meaning: 'the add-on’s RBAC does not allow the request' },
  KUBERNETES_NOT_FOUND: { retry: backoff, meaning: 'the object does not exist' },
  KUBERNETES_CONFLICT: { retry: backoff, meaning: 'somebody else changed the object in between' },
  KUBERNETES_GONE: { retry: backoff, meaning: 'the resource version to continue from is too old' },
  KUBERNETES_THROTTLED: { retry: backoff, meaning: 'the API server asks to slow down' },
  KUBERNETES_REFUSED: { retry: backoff, meaning: 'the API server refused the request' },
} as const satisfies Record<string, Entry>;

export type FailureCode = keyof typeof catalogue;
