import { isAttached, type ObservedServiceAccount } from './attachment.ts';

const mirrorAnnotation = 'kubernetes.io/config.mirror';

/** What is kept of a Pod that has not run yet. */
export interface ObservedPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly serviceAccount: string;
  /** Names in its `imagePullSecrets`. */
  readonly pullSecrets: readonly string[];
  /** Whether somebody asked for that list; otherwise it was copied from the service account, once and for all. */
  readonly hasOwnPullSecrets: boolean;
  readonly images: readonly PodImage[];
  readonly origin: PodOrigin;
}

export interface PodImage {
  /** As the container names it. */
  readonly reference: string;
  /** Whether the kubelet has tried in vain, and will try again. */
  readonly isRefused: boolean;
}

/** Who would make a successor, if anybody. */
export type PodOrigin =
  | { readonly kind: 'replaced'; readonly uid: string }
  /** A Job, or something unknown: a deleted Pod may count as a failure there, of which it may allow none. */
  | { readonly kind: 'counted' }
  /** A kubelet's file; what the API server has is only its mirror. */
  | { readonly kind: 'static' }
  | { readonly kind: 'bare' };

export type PodVerdict =
  | { readonly kind: 'unconcerned' }
  /** It lacks the pull secret, and the kubelet has yet to find that out. */
  | { readonly kind: 'undecided' }
  | { readonly kind: 'waiting'; readonly images: readonly string[]; readonly cause: WaitingCause };

/** `older`: than its service account's attachment; `own list`: that list is all it gets, also a successor. */
export type WaitingCause = 'older' | 'own list';

/** What a Pod lacks. */
export interface PullSecretFor {
  readonly account: ObservedServiceAccount;
  readonly secretName: string;
  /** Those that the pull secret holds a login for. */
  readonly hosts: ReadonlySet<string>;
}

/**
 * Whether a Pod waits for an image that it can never pull: the API server copies a service account's pull secrets
 * into a Pod when it is created, and a Pod's own cannot be changed.
 * Source: Kubernetes, "Add ImagePullSecrets to a service account"; API reference, Pod updates.
 */
export function judgePod(pod: ObservedPod, { account, secretName, hosts }: PullSecretFor): PodVerdict {
  const isServed = isAttached(account, secretName) && !pod.pullSecrets.includes(secretName);
  const ours = isServed ? pod.images.filter(({ reference }) => hosts.has(imageHost(reference) ?? '')) : [];
  if (ours.length === 0) return { kind: 'unconcerned' };
  const refused = ours.filter(({ isRefused }) => isRefused).map(({ reference }) => reference);
  if (refused.length === 0) return { kind: 'undecided' };
  const cause = pod.hasOwnPullSecrets ? 'own list' : 'older';
  return { kind: 'waiting', images: [...new Set(refused)], cause };
}

/** Whether it is a kubelet's file that the API server has a mirror of, which has to be as the file says. */
export function isMirror(annotations: Readonly<Record<string, string>> | undefined): boolean {
  return annotations !== undefined && mirrorAnnotation in annotations;
}

/** Whether deleting it brings one that is attached. */
export function isWorthRestarting({ origin }: ObservedPod, cause: WaitingCause): boolean {
  return cause === 'older' && origin.kind === 'replaced';
}

/**
 * The registry of an image reference, with a port where it is not 443; undefined where none is named.
 * Source: distribution/reference: the first component is a host if it has a dot or a colon, or is localhost.
 */
function imageHost(reference: string): string | undefined {
  const [first = '', ...rest] = reference.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  return isHost ? first.toLowerCase().replace(/:443$/, '') : undefined;
}
