import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CoreV1Api,
  KubernetesObjectApi,
  PatchStrategy,
  type KubeConfig,
  type KubernetesObject,
} from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import { whyNotServed } from './served-admission.ts';
import { kubeConfigFor, writeKubeConfig } from './kube-config-file.ts';

const manifests = ['rbac.yaml', 'confinement.yaml'].map(
  (name) => new URL(`../../deploy/${name}`, import.meta.url),
);
const account = { name: 'aliyun-acr-credential-helper', namespace: 'kube-system' };
const tokenLifeSeconds = 24 * 3600;

/** Everything in `deploy/`: the add-on's account, its rights, and the policies that confine it. */
export function addOnObjects(): KubernetesObject[] {
  return manifests.flatMap((file) =>
    parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS() as KubernetesObject),
  );
}

/** Installs the add-on's account, its rights and, where policies are served, its confinement, and writes a kubeconfig with a token of that account. */
export async function addOnKubeConfig(admin: KubeConfig, directory: string): Promise<string> {
  const objects = KubernetesObjectApi.makeApiClient(admin);
  const isConfined = (await whyNotServed(admin, 'validatingadmissionpolicies')) === undefined;
  for (const object of addOnObjects()) {
    if (!isConfined && object.kind?.startsWith('ValidatingAdmissionPolicy') === true) continue;
    await objects.patch(object, undefined, undefined, 'acr-tests', true, PatchStrategy.ServerSideApply);
  }
  return await accountKubeConfig(admin, directory);
}

/** Writes a kubeconfig with a token of the add-on's account, which is there. */
export async function accountKubeConfig(admin: KubeConfig, directory: string): Promise<string> {
  return await tokenKubeConfig(admin, account, join(directory, 'add-on.kubeconfig'));
}

/** Writes a kubeconfig with a token of a service account that is there. */
export async function tokenKubeConfig(
  admin: KubeConfig,
  of: { readonly namespace: string; readonly name: string },
  file: string,
): Promise<string> {
  const request = await admin.makeApiClient(CoreV1Api).createNamespacedServiceAccountToken({
    ...of,
    body: { spec: { audiences: [], expirationSeconds: tokenLifeSeconds } },
  });
  const cluster = admin.getCurrentCluster();
  const token = request.status?.token;
  if (cluster === null || token === undefined) throw new Error(`no cluster or no token for ${of.name}`);
  return writeKubeConfig(file, kubeConfigFor(cluster, { name: of.name, token }));
}
