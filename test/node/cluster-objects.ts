import type { KubeConfig, V1ServiceAccount } from '@kubernetes/client-node';
import { ApiCaller } from '../real-parts/api-caller.ts';
import { pullSecretName } from '../real-parts/kubectl.ts';
import { trialLabels } from '../real-parts/trial-traces.ts';

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

type Listed = Pick<V1ServiceAccount, 'metadata' | 'imagePullSecrets'>;

/** Begins the names of the add-on's labels and annotations. */
const ownPrefix = 'acr-credential-helper/';

/**
 * Names of the objects of a cluster: those of no namespace, and those in these namespaces; of accounts also what they
 * carry.
 */
export async function clusterObjects(
  kubeConfig: KubeConfig,
  namespaces: readonly string[],
): Promise<string[]> {
  return await namesOf(
    kubeConfig,
    ({ metadata }) => metadata?.namespace === undefined || namespaces.includes(metadata.namespace),
  );
}

/**
 * Of the whole cluster: the pull secrets, the accounts that carry one, and what has a label or annotation of the add-on
 * other than what tests put on their own objects.
 */
export async function tracesOfAddOn(kubeConfig: KubeConfig): Promise<string[]> {
  return await namesOf(kubeConfig, ({ metadata, imagePullSecrets = [] }) => {
    const marks = Object.keys({ ...metadata?.labels, ...metadata?.annotations });
    const isMarked = marks.some((mark) => mark.startsWith(ownPrefix) && !Object.hasOwn(trialLabels, mark));
    const isAttached = imagePullSecrets.some(({ name }) => name === pullSecretName);
    return metadata?.name === pullSecretName || isAttached || isMarked;
  });
}

async function namesOf(kubeConfig: KubeConfig, isWanted: (object: Listed) => boolean): Promise<string[]> {
  const admin = new ApiCaller(kubeConfig);
  try {
    const found = await Promise.all(
      lists.map(async (path) => {
        const { status, text } = await admin.call({ method: 'GET', path });
        if (status !== 200) throw new Error(`${path}: ${text}`);
        const { items } = JSON.parse(text) as { readonly items: readonly Listed[] };
        return items.filter(isWanted).map((object) => nameOf(path, object));
      }),
    );
    return found.flat().toSorted();
  } finally {
    await admin.close();
  }
}

function nameOf(path: string, { metadata, imagePullSecrets = [] }: Listed): string {
  const { namespace = '', name = '' } = metadata ?? {};
  const carried = imagePullSecrets.map((secret) => ` with ${secret.name}`);
  return `${path} ${namespace}/${name}${carried.join('')}`;
}
