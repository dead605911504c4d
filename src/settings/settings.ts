import type { Sensitive } from '../runtime/sensitive.ts';
import type { Selection } from './selection.ts';

/** Everything `acr-configuration` asks for, validated. */
export interface Settings {
  readonly instances: readonly Instance[];
  readonly scope: Scope;
  /** `expiring-threshold`: a login is renewed when it has less than this left. */
  readonly renewBeforeMs: number;
  /** `notify-email`: the `email` field of the docker config; nobody is notified. */
  readonly notifyEmail: string;
}

/** One ACR instance to serve. An entry of `acr-registry-info` that lists several ids gives several of these. */
export interface Instance {
  /** Unique among the instances, stable over edits elsewhere: `cri-…` or `personal`, with `@region` if given. */
  readonly key: string;
  /** The cloud's instance: Personal Edition has no id. */
  readonly edition:
    | { readonly kind: 'personal' }
    | { readonly kind: 'enterprise'; readonly instanceId: string };
  /** Undefined: the cluster's own region. */
  readonly regionId: string | undefined;
  /** Undefined: every domain of the instance. */
  readonly domains: readonly string[] | undefined;
  readonly identity: IdentityChoice;
}

/** Who asks the cloud; chosen by the configuration, never found by accident (design decision 8). */
export type IdentityChoice =
  | { readonly kind: 'node-role' }
  | { readonly kind: 'inline-access-key'; readonly accessKeyId: string; readonly accessKeySecret: Sensitive }
  /** A Secret of the add-on's namespace with the keys `access-key-id` and `access-key-secret`. */
  | { readonly kind: 'access-key-secret'; readonly secretName: string };

export interface Scope {
  readonly namespaces: Selection;
  readonly serviceAccounts: Selection;
}

/** Two readings of the same entry: `Sensitive` values are compared by what they hold. */
export function isSameInstance(a: Instance, b: Instance): boolean {
  return comparableText(a) === comparableText(b);
}

/** The same text exactly for the same entry. It holds an access key in clear. */
export function comparableText({ key, edition, regionId, domains, identity }: Instance): string {
  const secret = identity.kind === 'inline-access-key' ? identity.accessKeySecret.reveal() : '';
  return JSON.stringify([key, edition, regionId, domains, identity, secret]);
}
