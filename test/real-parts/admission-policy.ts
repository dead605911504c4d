import { readFileSync } from 'node:fs';
import {
  CoreV1Api,
  KubernetesObjectApi,
  PatchStrategy,
  type KubeConfig,
  type KubernetesObject,
} from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import { whyNotServed } from './served-admission.ts';
import { waitUntil } from './wait-until.ts';

const manifest = new URL('../../deploy/admission-policy.yaml', import.meta.url);

/** The MutatingAdmissionPolicy of `deploy/` and its binding. */
export function admissionPolicyObjects(): KubernetesObject[] {
  return parseAllDocuments(readFileSync(manifest, 'utf8')).map(
    (document) => document.toJS() as KubernetesObject,
  );
}

export async function applyObjects(admin: KubeConfig, objects: readonly KubernetesObject[]): Promise<void> {
  const api = KubernetesObjectApi.makeApiClient(admin);
  for (const object of objects) {
    await api.patch(object, undefined, undefined, 'acr-tests', true, PatchStrategy.ServerSideApply);
  }
}

/** Why what needs the policy is skipped; undefined where the API server has it. */
export async function noAdmissionPolicies(admin: KubeConfig): Promise<string | undefined> {
  return await whyNotServed(admin, 'mutatingadmissionpolicies');
}

/** Installs the policy of `deploy/`, and returns when accounts of that namespace, which is in scope, are created attached. */
export async function startAdmissionPolicy(admin: KubeConfig, namespace: string): Promise<void> {
  await applyObjects(admin, admissionPolicyObjects());
  const api = admin.makeApiClient(CoreV1Api);
  await waitUntil({ what: 'the policy attaches', withinMs: 60_000 }, async () => {
    const body = { metadata: { name: 'probe' } };
    const { metadata } = await api.createNamespacedServiceAccount({ namespace, body, dryRun: 'All' });
    return metadata?.annotations?.['acr-credential-helper/attached-by'] !== undefined;
  });
}
