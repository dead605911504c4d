import { KubeConfig } from '@kubernetes/client-node';
import { ApiCaller } from '../real-parts/api-caller.ts';
import { pullSecretName } from '../real-parts/kubectl.ts';

/**
 * Whether an account that carries nothing but the pull secret would still carry it if whoever has that kubeconfig took
 * it away. Nothing is kept.
 */
export async function isAttachedAgain(
  kubeConfig: KubeConfig | string,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<boolean> {
  const caller = new ApiCaller(typeof kubeConfig === 'string' ? loaded(kubeConfig) : kubeConfig);
  try {
    const { status, text } = await caller.call({
      method: 'PATCH',
      path: `/api/v1/namespaces/${namespace}/serviceaccounts/${name}?dryRun=All`,
      mediaType: 'application/json-patch+json',
      body: [
        { op: 'test', path: '/imagePullSecrets', value: [{ name: pullSecretName }] },
        { op: 'remove', path: '/imagePullSecrets' },
      ],
    });
    if (status !== 200) throw new Error(`${namespace}/${name}: ${status} ${text}`);
    const { imagePullSecrets = [] } = JSON.parse(text) as { imagePullSecrets?: readonly { name: string }[] };
    return imagePullSecrets.some((entry) => entry.name === pullSecretName);
  } finally {
    await caller.close();
  }
}

function loaded(file: string): KubeConfig {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(file);
  return kubeConfig;
}
