import { registrationRef } from '../admission/registration.ts';
import { certificateSecretName } from '../admission/serving-certificate/kept-certificates.ts';
import { stateSecretName } from '../controller/saved-state.ts';
import { describeFailure, Failure } from '../failures/failure.ts';
import type { Connection } from '../kubernetes/connection.ts';
import { readObject } from '../kubernetes/objects.ts';
import {
  configMaps,
  leases,
  mutatingAdmissionPolicies,
  mutatingAdmissionPolicyBindings,
  secrets,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
  type ObjectRef,
  type RawObject,
} from '../kubernetes/resource.ts';
import { isOurs } from '../pull-secrets/desired-secret.ts';
import { compiledScopeName } from '../pull-secrets/compiled-scope.ts';
import { scopeName } from '../pull-secrets/published-scope.ts';
import { cleanupPlan, type CleanupPlan } from './cleanup-plan.ts';
import { clusterSnapshot, type SnapshotWish } from './cluster-snapshot.ts';
import { persistently, type PersistentParts } from './persistently.ts';

/** An object that is there and ours. */
export interface FoundObject {
  readonly ref: ObjectRef;
  readonly uid: string;
}

/** What could not be looked at, in words. */
export interface Unseen {
  readonly what: string;
  readonly why: string;
}

/** All that the add-on has left in a cluster. */
export interface Inventory extends CleanupPlan {
  /** In the order in which they have to go: no policy may outlive what binds it. */
  readonly admission: readonly FoundObject[];
  /** Its memory and its Lease, in its own namespace. The Lease comes last: it keeps others from writing. */
  readonly own: readonly FoundObject[];
  readonly unseen: readonly Unseen[];
}

export interface InventoryParts extends PersistentParts {
  readonly connection: Connection;
}

export interface InventoryOptions extends SnapshotWish {
  /** The add-on's own. */
  readonly namespace: string;
  readonly leaseName: string;
}

const confinement = ['objects', 'secrets', 'service-accounts', 'events', 'tokens', 'pods', 'webhook'].map(
  (what) => `aliyun-acr-credential-helper-${what}`,
);

const attachments = ['attachments', 'pod-attachments'].map((what) => `aliyun-acr-credential-helper-${what}`);

/** What is put before the API server's own admission, by name: the chart and `deploy/` make nothing else. */
const admissionObjects: readonly ObjectRef[] = [
  ...attachments.map((name) => ({ resource: mutatingAdmissionPolicyBindings, name })),
  ...attachments.map((name) => ({ resource: mutatingAdmissionPolicies, name })),
  registrationRef,
  ...confinement.map((name) => ({ resource: validatingAdmissionPolicyBindings, name })),
  ...confinement.map((name) => ({ resource: validatingAdmissionPolicies, name })),
];

/** Looks for everything, however much of it the API server refuses to show. Rejects with the signal's reason. */
export async function takeInventory(
  parts: InventoryParts,
  options: InventoryOptions,
  signal: AbortSignal,
): Promise<Inventory> {
  const { namespace, leaseName } = options;
  const unseen: Unseen[] = [];
  const look = async <T>(what: string, otherwise: T, work: () => Promise<T>): Promise<T> => {
    try {
      return await persistently(parts, work, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      if (!(thrown instanceof Failure)) throw thrown;
      if (thrown.code !== 'KUBERNETES_NOT_FOUND') {
        const { code, message } = describeFailure(thrown);
        unseen.push({ what, why: `${code}: ${message}` });
      }
      return otherwise;
    }
  };
  const find = async (refs: readonly ObjectRef[], isToGo: (raw: RawObject) => boolean) => {
    const found = await Promise.all(
      refs.map((ref) =>
        look(nameOf(ref), [], async (): Promise<FoundObject[]> => {
          const raw = await readObject(parts.connection, ref, { signal });
          return isToGo(raw) ? [{ ref, uid: raw.metadata.uid ?? '' }] : [];
        }),
      ),
    );
    return found.flat();
  };
  const memory = [
    { resource: secrets, namespace, name: stateSecretName },
    { resource: secrets, namespace, name: certificateSecretName },
    { resource: configMaps, namespace, name: scopeName },
    { resource: secrets, namespace, name: compiledScopeName },
  ];
  const [admission, plan, remembered, lease] = await Promise.all([
    find(admissionObjects, () => true),
    look('attachments and pull secrets', { namespaces: [], mentions: [] }, async () =>
      cleanupPlan(await clusterSnapshot(parts.connection, options, signal), options.secretName),
    ),
    find(memory, ({ metadata }) => isOurs({ labels: metadata.labels ?? {} })),
    find([{ resource: leases, namespace, name: leaseName }], () => true),
  ]);
  return { admission, ...plan, own: [...remembered, ...lease], unseen };
}

/** `Secret kube-system/name`, or `Kind name`. */
export function nameOf({ resource, namespace, name }: ObjectRef): string {
  return `${resource.kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}
