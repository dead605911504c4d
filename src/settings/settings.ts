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
  readonly webhook: WebhookSettings;
}

/** `webhook-configuration`: what the API server is told about the admission webhook. */
export interface WebhookSettings {
  /** Undefined where nothing is said of it. */
  readonly isEnabled: boolean | undefined;
  /** What becomes of a service account while no replica answers. */
  readonly failurePolicy: 'Ignore' | 'Fail';
  /** How long the API server waits for an answer, from 1 to 30. */
  readonly timeoutSeconds: number;
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

/** Who asks the cloud; chosen by the configuration, never found by accident (docs/adr/0010). */
export type IdentityChoice = OwnIdentity | AssumedRole;

/** What can prove who is asking without another identity before it. */
export type OwnIdentity =
  | { readonly kind: 'node-role' }
  | { readonly kind: 'inline-access-key'; readonly accessKeyId: string; readonly accessKeySecret: Sensitive }
  /** A Secret of the add-on's namespace with the keys `access-key-id` and `access-key-secret`. */
  | { readonly kind: 'access-key-secret'; readonly secretName: string }
  /** The add-on's OIDC token, exchanged for a session of the role. */
  | {
      readonly kind: 'rrsa';
      /** Undefined: the one that the Pod's own variables name. */
      readonly role: RrsaRole | undefined;
      readonly sessionSeconds: number;
    };

/** A role of the cluster's account, and the OIDC provider there that knows the cluster. */
export interface RrsaRole {
  readonly roleArn: string;
  readonly oidcProviderArn: string;
}

/** A role that another identity assumes: that of the instance's owner, across accounts. */
export interface AssumedRole {
  readonly kind: 'assumed-role';
  readonly roleArn: string;
  readonly sessionSeconds: number;
  readonly from: OwnIdentity;
}

/** Where the chain begins. */
export function ownIdentityOf(identity: IdentityChoice): OwnIdentity {
  return identity.kind === 'assumed-role' ? identity.from : identity;
}

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
  const own = ownIdentityOf(identity);
  const secret = own.kind === 'inline-access-key' ? own.accessKeySecret.reveal() : '';
  return JSON.stringify([key, edition, regionId, domains, identity, secret]);
}
