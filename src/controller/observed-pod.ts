import type { RawObject } from '../kubernetes/resource.ts';
import type { PullSecretReference } from '../pull-secrets/attachment.ts';
import { isMirror, type ObservedPod, type PodImage, type PodOrigin } from '../pull-secrets/waiting-pod.ts';

interface RawContainer {
  readonly name: string;
  readonly image?: string;
}

interface RawContainerStatus {
  readonly name: string;
  readonly state?: { readonly waiting?: { readonly reason?: string } };
}

interface RawOwner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly uid: string;
  readonly controller?: boolean;
}

export interface RawPod extends RawObject {
  readonly metadata: RawObject['metadata'] & {
    readonly ownerReferences?: readonly RawOwner[];
    readonly managedFields?: readonly { readonly fieldsV1?: { readonly 'f:spec'?: object } }[];
  };
  readonly spec: {
    readonly serviceAccountName?: string;
    readonly imagePullSecrets?: readonly PullSecretReference[];
    readonly initContainers?: readonly RawContainer[];
    readonly containers?: readonly RawContainer[];
  };
  readonly status?: {
    readonly initContainerStatuses?: readonly RawContainerStatus[];
    readonly containerStatuses?: readonly RawContainerStatus[];
  };
}

/** The kubelet's reasons for a pull that failed, and for the pause after it. */
const refusals: readonly string[] = ['ErrImagePull', 'ImagePullBackOff'];
/** By group: those that make a new Pod in place of a deleted one and leave it at that. */
const replacing: Readonly<Record<string, readonly string[]>> = {
  '': ['ReplicationController'],
  apps: ['ReplicaSet', 'StatefulSet', 'DaemonSet'],
};

/** Undefined for one that is being deleted. */
export function observedPod(raw: RawPod): ObservedPod | undefined {
  const { metadata, spec } = raw;
  if (metadata.deletionTimestamp !== undefined) return undefined;
  const pullSecrets = (spec.imagePullSecrets ?? []).map(({ name = '' }) => name);
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    serviceAccount: spec.serviceAccountName ?? 'default',
    pullSecrets,
    hasOwnPullSecrets: pullSecrets.length > 0 && isListAskedFor(metadata),
    images: imagesOf(raw),
    origin: originOf(metadata),
  };
}

function imagesOf({ spec, status = {} }: RawPod): readonly PodImage[] {
  const { initContainerStatuses = [], containerStatuses = [] } = status;
  const refused = new Set(
    [...initContainerStatuses, ...containerStatuses]
      .filter(({ state }) => refusals.includes(state?.waiting?.reason ?? ''))
      .map(({ name }) => name),
  );
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  return containers.map(({ name, image = '' }) => ({ reference: image, isRefused: refused.has(name) }));
}

/**
 * The API server notes which fields a request named before its own admission adds to them, so a list that was
 * copied from the service account is nobody's. Where those notes are missing, every list is taken for asked for.
 * Source: Kubernetes, "Server-Side Apply", field management.
 */
function isListAskedFor({ managedFields = [] }: RawPod['metadata']): boolean {
  if (managedFields.length === 0) return true;
  return managedFields.some(({ fieldsV1 }) => 'f:imagePullSecrets' in (fieldsV1?.['f:spec'] ?? {}));
}

function originOf({ annotations, ownerReferences = [] }: RawPod['metadata']): PodOrigin {
  if (isMirror(annotations)) return { kind: 'static' };
  const owner = ownerReferences.find(({ controller }) => controller === true);
  if (owner === undefined) return { kind: 'bare' };
  const group = owner.apiVersion.includes('/') ? owner.apiVersion.replace(/\/.*/, '') : '';
  const isReplacing = replacing[group]?.includes(owner.kind) === true;
  return isReplacing ? { kind: 'replaced', uid: owner.uid } : { kind: 'counted' };
}
