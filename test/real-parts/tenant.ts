import { CoreV1Api, RbacAuthorizationV1Api, type Cluster, type KubeConfig } from '@kubernetes/client-node';
import { ApiCaller } from './api-caller.ts';
import { kubeConfigFor } from './kube-config-file.ts';
import { waitUntil } from './wait-until.ts';

const name = 'tenant';

/**
 * Somebody who has Kubernetes' own `admin` role in a namespace that is there, and nothing else. Returns when the
 * role has its rules, which a controller gives it.
 */
export async function tenantOf(admin: KubeConfig, namespace: string): Promise<ApiCaller> {
  const core = admin.makeApiClient(CoreV1Api);
  await core.createNamespacedServiceAccount({ namespace, body: { metadata: { name } } });
  await admin.makeApiClient(RbacAuthorizationV1Api).createNamespacedRoleBinding({
    namespace,
    body: {
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'admin' },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    },
  });
  const request = { namespace, name, body: { spec: { audiences: [], expirationSeconds: 3600 } } };
  const { status } = await core.createNamespacedServiceAccountToken(request);
  const cluster = admin.getCurrentCluster() as Cluster;
  const tenant = new ApiCaller(kubeConfigFor(cluster, { name, token: status?.token ?? '' }));
  await waitUntil({ what: `the tenant of ${namespace} has his rights`, withinMs: 30_000 }, async () => {
    const path = `/api/v1/namespaces/${namespace}/secrets`;
    return (await tenant.call({ method: 'GET', path })).status === 200;
  });
  return tenant;
}
