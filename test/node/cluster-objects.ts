import type { KubeConfig, V1ServiceAccount } from '@kubernetes/client-node';
import { ApiCaller } from '../real-parts/api-caller.ts';

/** Every kind that the chart, Helm or the add-on itself writes. */
const lists = [
  ...['configmaps', 'pods', 'secrets', 'serviceaccounts', 'services'].map((name) => `/api/v1/${name}`),
  ...['deployments', 'replicasets'].map((name) => `/apis/apps/v1/${name}`),
  '/apis/batch/v1/jobs',
  '/apis/coordination.k8s.io/v1/leases',
  '/apis/policy/v1/poddisruptionbudgets',
  ...['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'].map(
    (name) => `/apis/rbac.authorization.k8s.io/v1/${name}`,
  ),
  ...[
    'validatingadmissionpolicies',
    'validatingadmissionpolicybindings',
    'mutatingadmissionpolicies',
    'mutatingadmissionpolicybindings',
    'validatingwebhookconfigurations',
    'mutatingwebhookconfigurations',
  ].map((name) => `/apis/admissionregistration.k8s.io/v1/${name}`),
];

interface ObjectList {
  readonly items: readonly Pick<V1ServiceAccount, 'metadata' | 'imagePullSecrets'>[];
}

/**
 * Names of the objects of a cluster: those of no namespace, and those in these namespaces; of accounts also what they
 * carry.
 */
export async function clusterObjects(
  kubeConfig: KubeConfig,
  namespaces: readonly string[],
): Promise<string[]> {
  const admin = new ApiCaller(kubeConfig);
  try {
    const found = await Promise.all(
      lists.map(async (path) => {
        const { status, text } = await admin.call({ method: 'GET', path });
        if (status !== 200) throw new Error(`${path}: ${text}`);
        return namesIn(path, JSON.parse(text) as ObjectList, namespaces);
      }),
    );
    return found.flat().toSorted();
  } finally {
    await admin.close();
  }
}

function namesIn(path: string, { items }: ObjectList, namespaces: readonly string[]): string[] {
  return items.flatMap(({ metadata, imagePullSecrets = [] }) => {
    const { namespace, name = '' } = metadata ?? {};
    if (namespace !== undefined && !namespaces.includes(namespace)) return [];
    const carried = imagePullSecrets.map((secret) => ` with ${secret.name}`);
    return [`${path} ${namespace ?? ''}/${name}${carried.join('')}`];
  });
}
