import type { KubernetesObject } from '@kubernetes/client-node';
import { waitUntil } from '../real-parts/wait-until.ts';
import { kubectlApply } from './kubectl-apply.ts';
import type { NodeStage } from './node-stage.ts';
import { podOf } from './pods.ts';

export interface FirstPod {
  /** From the start of kubectl until a Pod of the Deployment is ready. */
  readonly tookMs: number;
  /** What the Events of all Pods of the Deployment say of failed pulls. */
  readonly failures: readonly string[];
  /** How many Pods it took: more than one where the first could never have pulled. */
  readonly pods: number;
  /** Whether the image was pulled for the Pod that runs. */
  readonly hasPulled: boolean;
}

const account = 'runner';

/**
 * Evicts the image from the node, applies a namespace, a service account and a Deployment by one `kubectl apply`, and waits
 * until the Deployment runs.
 */
export async function applyWorkload(stage: NodeStage, namespace: string, image: string): Promise<FirstPod> {
  await stage.node.images.evict(image);
  const before = performance.now();
  await kubectlApply(stage.controlPlane.kubeConfigFile, workload(namespace, image));
  const { api } = stage.kubectl;
  const names = new Set<string>();
  const running = await waitUntil(
    { what: `the workload of ${namespace} runs`, withinMs: 120_000 },
    async () => {
      const { items } = await api.listNamespacedPod({ namespace });
      for (const { metadata } of items) names.add(metadata?.name ?? '');
      return items.find(({ status }) => status?.containerStatuses?.some(({ ready }) => ready));
    },
  );
  const tookMs = Math.round(performance.now() - before);
  const failures = await Promise.all([...names].map((name) => stage.pods.failures({ namespace, name })));
  const name = running.metadata?.name ?? '';
  const hasPulled = await stage.pods.hasPulled({ namespace, name }, image);
  return { tookMs, failures: failures.flat(), pods: names.size, hasPulled };
}

function workload(namespace: string, image: string): KubernetesObject[] {
  const labels = { app: 'shop' };
  const { spec } = podOf({ name: 'app', images: [image] });
  const deployment: KubernetesObject & { readonly spec: object } = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace, name: 'app' },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: Object.assign({}, spec, { serviceAccountName: account }) },
    },
  };
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name: account } },
    deployment,
  ];
}
