import type { RawObject } from '../kubernetes/resource.ts';
import { isMarkedByAdmission } from '../pull-secrets/admission-mark.ts';
import type { ObservedServiceAccount, PullSecretReference } from '../pull-secrets/attachment.ts';
import { dataKey, type ObservedSecret } from '../pull-secrets/desired-secret.ts';
import { isOptedOut } from '../pull-secrets/opt-out.ts';
import type { Labels } from '../settings/selection.ts';
import { Sensitive } from '../runtime/sensitive.ts';
import { confirmAnnotation } from './scope-confirmation.ts';

interface RawServiceAccount extends RawObject {
  readonly imagePullSecrets?: readonly PullSecretReference[];
}

interface RawSecret extends RawObject {
  readonly type?: string;
  readonly immutable?: boolean;
  readonly data?: Readonly<Record<string, string>>;
}

interface RawConfigMap extends RawObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** What is kept of the ConfigMap. */
export interface ObservedConfigMap {
  readonly uid: string;
  readonly data: Readonly<Record<string, string>>;
  /** Of a change of scope (`scope-confirmation.ts`). */
  readonly confirmation: string | undefined;
}

/** What is kept of a Namespace. */
export interface ObservedNamespaceObject {
  readonly uid: string;
  readonly labels: Labels;
  readonly isTerminating: boolean;
  readonly isOptedOut: boolean;
}

/** Needs nothing but the object's metadata. */
export function observedNamespace({ metadata }: RawObject): ObservedNamespaceObject {
  const { uid = '', labels = {}, annotations, deletionTimestamp } = metadata;
  return {
    uid,
    labels,
    isTerminating: deletionTimestamp !== undefined,
    isOptedOut: isOptedOut(annotations),
  };
}

export function observedServiceAccount({
  metadata,
  imagePullSecrets,
}: RawServiceAccount): ObservedServiceAccount {
  const { name, uid = '', resourceVersion = '', annotations } = metadata;
  return {
    name,
    uid,
    resourceVersion,
    isOptedOut: isOptedOut(annotations),
    ...(isMarkedByAdmission(annotations) && { isMarked: true }),
    imagePullSecrets,
  };
}

export function observedSecret({ metadata, type, immutable, data }: RawSecret): ObservedSecret {
  const content = data?.[dataKey];
  return {
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    type: type ?? '',
    isImmutable: immutable ?? false,
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    dockerConfigJson:
      content === undefined ? undefined : new Sensitive(Buffer.from(content, 'base64').toString('utf8')),
  };
}

export function observedConfigMap({ metadata, data }: RawConfigMap): ObservedConfigMap {
  const { uid = '', annotations = {} } = metadata;
  return { uid, data: data ?? {}, confirmation: annotations[confirmAnnotation] };
}
