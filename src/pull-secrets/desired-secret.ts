import type { RegistryLogin } from '../logins/registry-login.ts';
import { product } from '../runtime/product.ts';
import type { Sensitive } from '../runtime/sensitive.ts';
import { dockerConfig } from './docker-config.ts';

export const secretType = 'kubernetes.io/dockerconfigjson';
export const dataKey = '.dockerconfigjson';

const ownerLabel = 'app.kubernetes.io/managed-by';
const expiryAnnotation = 'acr-credential-helper/expires-at';
const expiredAnnotation = 'acr-credential-helper/expired';
const mentionsAnnotation = 'acr-credential-helper/mentioned-by';
/** Sorted; what `expires-at` tells is in the same order. */
const instancesAnnotation = 'acr-credential-helper/instances';

/** What is kept of a Secret with the pull secret's name. */
export interface ObservedSecret {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly type: string;
  /** Its data cannot be changed. */
  readonly isImmutable: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** The docker configuration in it; undefined where it has none. */
  readonly dockerConfigJson: Sensitive | undefined;
}

/** A namespace's pull secret as it should be. */
export interface DesiredSecret {
  readonly dockerConfigJson: Sensitive;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * `mentionedBy`: the service accounts that carry the name on their own (docs/adr/0005). Without a login the
 * Secret holds none, so that there is a place for that record, and something to find for who looks for it.
 * `expired`: keys of instances whose login is over; it stays, since it harms nobody, and is marked.
 */
export function desiredSecret(
  logins: readonly RegistryLogin[],
  email: string,
  mentionedBy: ReadonlySet<string>,
  expired: ReadonlySet<string> = new Set(),
): DesiredSecret {
  const mentions = [...mentionedBy].toSorted().join(',');
  const byKey = logins.toSorted((a, b) => (a.instanceKey < b.instanceKey ? -1 : 1));
  const keys = byKey.map((login) => login.instanceKey);
  const instances = keys.join(',');
  const expiries = byKey.map((login) => new Date(login.expiresAtMs).toISOString()).join(',');
  const over = keys.filter((key) => expired.has(key)).join(',');
  return {
    dockerConfigJson: dockerConfig(logins, email),
    labels: { [ownerLabel]: product },
    annotations: {
      ...(expiries === '' ? {} : { [expiryAnnotation]: expiries }),
      ...(over === '' ? {} : { [expiredAnnotation]: over }),
      ...(mentions === '' ? {} : { [mentionsAnnotation]: mentions }),
      ...(instances === '' ? {} : { [instancesAnnotation]: instances }),
    },
  };
}

/** Whether the cluster's Secret already says all that is desired; what others added to it does not matter. */
export function isUpToDate(observed: ObservedSecret, desired: DesiredSecret): boolean {
  return (
    observed.type === secretType &&
    observed.dockerConfigJson?.equals(desired.dockerConfigJson) === true &&
    holds(observed.labels, desired.labels) &&
    holds(observed.annotations, desired.annotations) &&
    [mentionsAnnotation, expiredAnnotation].every(
      (name) => observed.annotations[name] === desired.annotations[name],
    )
  );
}

function holds(all: Readonly<Record<string, string>>, some: Readonly<Record<string, string>>): boolean {
  return Object.entries(some).every(([key, value]) => all[key] === value);
}

/** Why a write cannot make it what is desired, so that it has to be replaced; undefined where one can. */
export function whyFixed({ type, isImmutable }: ObservedSecret): string | undefined {
  if (type !== secretType) return `its type was ${type}, which cannot be changed`;
  return isImmutable ? 'it was immutable' : undefined;
}

/** When the Secret's logins end (ms since the epoch), by the instances' keys; without those of which it does not tell. */
export function expiriesOf(observed: ObservedSecret): ReadonlyMap<string, number> {
  const expiries = listed(observed, expiryAnnotation).map((time) => Date.parse(time));
  const all = instancesIn(observed).map((key, index) => [key, expiries[index] ?? Number.NaN] as const);
  return new Map(all.filter(([, expiresAtMs]) => !Number.isNaN(expiresAtMs)));
}

/** Ours to change and delete; one without our label is the official add-on's, or a user's. */
export function isOurs(observed: Pick<ObservedSecret, 'labels'>): boolean {
  return observed.labels[ownerLabel] === product;
}

export function mentionedBy(observed: ObservedSecret): ReadonlySet<string> {
  return new Set(listed(observed, mentionsAnnotation));
}

/** Keys of the instances whose logins it holds, sorted. */
export function instancesIn(observed: ObservedSecret): readonly string[] {
  return listed(observed, instancesAnnotation);
}

function listed({ annotations }: ObservedSecret, annotation: string): string[] {
  return (annotations[annotation] ?? '').split(',').filter((item) => item !== '');
}

/** The manifest without its name, for server-side apply. */
export function secretManifest(desired: DesiredSecret): Record<string, unknown> {
  const data = Buffer.from(desired.dockerConfigJson.reveal()).toString('base64');
  return {
    metadata: { labels: desired.labels, annotations: desired.annotations },
    type: secretType,
    data: { [dataKey]: data },
  };
}
