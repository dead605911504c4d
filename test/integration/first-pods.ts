import { setTimeout as delay } from 'node:timers/promises';
import { forEachAtMost } from '../../src/runtime/at-most.ts';
import type { ApiCaller } from '../real-parts/api-caller.ts';
import { pullSecretName, type Kubectl } from '../real-parts/kubectl.ts';

const atOnce = 16;

interface RawPod {
  readonly spec: { readonly imagePullSecrets?: readonly { readonly name: string }[] };
}

/**
 * Makes namespaces, and in each a Pod as soon as the controller-manager has made its account. Gives those whose Pod
 * was created without the pull secret.
 */
export async function firstPodsWithout(
  { kubectl, admin }: { readonly kubectl: Kubectl; readonly admin: ApiCaller },
  namespaces: readonly string[],
): Promise<readonly string[]> {
  const without: string[] = [];
  await forEachAtMost(atOnce, namespaces, async (namespace) => {
    await kubectl.createNamespace(namespace);
    const { spec } = await firstPod(admin, namespace);
    const names = spec.imagePullSecrets?.map(({ name }) => name) ?? [];
    if (!names.includes(pullSecretName)) without.push(namespace);
  });
  return without;
}

async function firstPod(admin: ApiCaller, namespace: string): Promise<RawPod> {
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const containers = [{ name: 'main', image: 'registry.example/app:1' }];
  const body = { metadata: { name: 'first' }, spec: { containers } };
  for (;;) {
    const { status, text } = await admin.call({ method: 'POST', path, body });
    if (status === 201) return JSON.parse(text) as RawPod;
    if (!isWithoutAccount(status, text)) throw new Error(`${path}: ${status} ${text}`);
    await delay(5);
  }
}

/** A Pod cannot be created before its account is there. */
function isWithoutAccount(status: number, text: string): boolean {
  return status === 403 && text.includes('error looking up service account');
}

export function numbered(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
}
