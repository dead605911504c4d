/** A kind of object, as the API server names it. */
export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

const core = { group: '', version: 'v1' } as const;

export const namespaces: Resource = { ...core, kind: 'Namespace', plural: 'namespaces', namespaced: false };
export const nodes: Resource = { ...core, kind: 'Node', plural: 'nodes', namespaced: false };
export const secrets: Resource = { ...core, kind: 'Secret', plural: 'secrets', namespaced: true };
export const configMaps: Resource = { ...core, kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
export const events: Resource = { ...core, kind: 'Event', plural: 'events', namespaced: true };
export const serviceAccounts: Resource = {
  ...core,
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  namespaced: true,
};
export const pods: Resource = { ...core, kind: 'Pod', plural: 'pods', namespaced: true };
export const leases: Resource = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
};
export const deployments: Resource = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  namespaced: true,
};

const admission = { group: 'admissionregistration.k8s.io', version: 'v1', namespaced: false } as const;

export const mutatingWebhookConfigurations: Resource = {
  ...admission,
  kind: 'MutatingWebhookConfiguration',
  plural: 'mutatingwebhookconfigurations',
};
export const validatingAdmissionPolicies: Resource = {
  ...admission,
  kind: 'ValidatingAdmissionPolicy',
  plural: 'validatingadmissionpolicies',
};
export const validatingAdmissionPolicyBindings: Resource = {
  ...admission,
  kind: 'ValidatingAdmissionPolicyBinding',
  plural: 'validatingadmissionpolicybindings',
};
export const mutatingAdmissionPolicies: Resource = {
  ...admission,
  kind: 'MutatingAdmissionPolicy',
  plural: 'mutatingadmissionpolicies',
};
export const mutatingAdmissionPolicyBindings: Resource = {
  ...admission,
  kind: 'MutatingAdmissionPolicyBinding',
  plural: 'mutatingadmissionpolicybindings',
};

/** What names an object within its resource. `namespace` is missing exactly for cluster-scoped objects. */
export interface ObjectKey {
  readonly namespace?: string;
  readonly name: string;
}

/** One object. */
export interface ObjectRef extends ObjectKey {
  readonly resource: Resource;
}

/** One object, the objects of a namespace, or those of the whole cluster. */
export interface Target {
  readonly resource: Resource;
  readonly namespace?: string;
  readonly name?: string;
  /** Of the one object, such as `token`. */
  readonly subresource?: string;
}

/** The part of `metadata` that the add-on reads. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** An object as it is on the wire: JSON, timestamps as text. */
export interface RawObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
}

/** The URL path of an object or a collection, below the server's address. */
export function pathOf(target: Target): string {
  const { resource, namespace, name, subresource } = target;
  const api = resource.group === '' ? ['api'] : ['apis', resource.group];
  const scope = resource.namespaced && namespace !== undefined ? ['namespaces', namespace] : [];
  const object = [name, subresource].filter((part) => part !== undefined);
  const segments = [...api, resource.version, ...scope, resource.plural, ...object];
  return `/${segments.map(encodeURIComponent).join('/')}`;
}

/** `v1` or `group/v1`, as manifests have it. */
export function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}
