import { CoordinationV1Api, CoreV1Api, KubernetesObjectApi, type KubeConfig } from '@kubernetes/client-node';
import { addOnObjects } from './add-on-account.ts';

/** On everything that tests and the demo create in a user's cluster. */
export const trialLabels = { 'acr-credential-helper/trial': 'true' };

const namespace = 'kube-system';
const configurationName = 'acr-configuration';

/** Throws where the cluster has the add-on already: its configuration would be replaced, and its Secrets changed. */
export async function refuseClusterInUse(admin: KubeConfig): Promise<void> {
  const core = admin.makeApiClient(CoreV1Api);
  const accounts = await core.listNamespacedServiceAccount({ namespace });
  const configMaps = await core.listNamespacedConfigMap({ namespace });
  const addOn = addOnObjects().find(({ kind }) => kind === 'ServiceAccount')?.metadata?.name;
  const isInUse =
    accounts.items.some(({ metadata }) => metadata?.name === addOn) ||
    configMaps.items.some(({ metadata }) => metadata?.name === configurationName);
  if (!isInUse) return;
  throw new Error(
    `KUBECONFIG names a cluster that has ${namespace}/${configurationName} or the add-on's service account already. ` +
      'Unset KUBECONFIG to use a control plane that is started for the purpose.',
  );
}

/** Removes what tests and the demo have made, and nothing else. */
export async function removeTrialTraces(admin: KubeConfig): Promise<void> {
  const core = admin.makeApiClient(CoreV1Api);
  const objects = KubernetesObjectApi.makeApiClient(admin);
  const labelSelector = Object.entries(trialLabels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  const made = await core.listNamespace({ labelSelector });
  for (const { metadata } of made.items) await core.deleteNamespace({ name: metadata?.name ?? '' });
  await core.deleteCollectionNamespacedSecret({ namespace, labelSelector });
  await core.deleteCollectionNamespacedConfigMap({ namespace, labelSelector });
  const lease = { namespace, name: 'aliyun-acr-credential-helper' };
  const leases = admin.makeApiClient(CoordinationV1Api);
  await unlessGone(leases.deleteNamespacedLease(lease));
  for (const object of addOnObjects()) await unlessGone(objects.delete(object));
}

async function unlessGone(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 404)) throw thrown;
  }
}
