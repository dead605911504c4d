import { isDeepStrictEqual } from 'node:util';
import type { V1ServiceAccount } from '@kubernetes/client-node';
import type { ApiCaller, ApiRequest } from '../real-parts/api-caller.ts';

/** What stands in a repository: the object's metadata and what else somebody wrote. */
export interface Manifest {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly imagePullSecrets?: NonNullable<V1ServiceAccount['imagePullSecrets']>;
}

/** Makes the cluster's object like the manifest, as often as it is asked. Resolves with what it was and what it became. */
export type GitOpsTool = (api: ApiCaller, manifest: Manifest) => Promise<Applied>;

export interface Applied {
  readonly before: V1ServiceAccount;
  readonly after: V1ServiceAccount;
  /** Whether the tool changed it. */
  readonly wrote: boolean;
}

/** Of the object, as manifests and requests name it. */
export const kind = { apiVersion: 'v1', kind: 'ServiceAccount' } as const;
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const strategicMerge = 'application/strategic-merge-patch+json';

/**
 * As `kubectl apply` and Argo CD do: what was applied last, what is there and what is wanted are compared, and a
 * patch is sent only where that leaves something to change. A ServiceAccount's `imagePullSecrets` has no merge
 * key, so it is replaced as a whole.
 * Source: Kubernetes, "Declarative Management of Kubernetes Objects Using Configuration Files".
 */
export const clientSide: GitOpsTool = async (api, manifest) => {
  const before = await found(api, manifest);
  const whole = { ...kind, ...manifest };
  const written = JSON.stringify(whole);
  const applied = before.metadata?.annotations?.[lastApplied];
  const dropped = Object.keys(applied === undefined ? {} : (JSON.parse(applied) as object)).filter(
    (field) => !(field in whole) && field in before,
  );
  const { metadata: _, ...fields } = whole;
  const changed = Object.entries(fields).filter(
    ([field, value]) => !isDeepStrictEqual(plain(before)[field], value),
  );
  const isNew = applied !== written;
  if (dropped.length + changed.length === 0 && !isNew) return { before, after: before, wrote: false };
  const body = {
    ...Object.fromEntries(dropped.map((field) => [field, null])),
    ...Object.fromEntries(changed),
    ...(isNew ? { metadata: { annotations: { [lastApplied]: written } } } : {}),
  };
  const path = pathOf(manifest);
  return outcome(before, await sent(api, { method: 'PATCH', path, mediaType: strategicMerge, body }));
};

/** As `kubectl apply --server-side --force-conflicts` does. */
export const serverSide: GitOpsTool = async (api, manifest) => {
  const before = await found(api, manifest);
  const path = `${pathOf(manifest)}?fieldManager=gitops&force=true`;
  const body = { ...kind, ...manifest };
  const mediaType = 'application/apply-patch+yaml';
  return outcome(before, await sent(api, { method: 'PATCH', path, mediaType, body }));
};

function outcome(before: V1ServiceAccount, after: V1ServiceAccount): Applied {
  const wrote = before.metadata?.resourceVersion !== after.metadata?.resourceVersion;
  return { before, after, wrote };
}

function pathOf({ metadata }: Manifest): string {
  return `/api/v1/namespaces/${metadata.namespace}/serviceaccounts/${metadata.name}`;
}

/** The cluster's object. */
export function found(api: ApiCaller, manifest: Manifest): Promise<V1ServiceAccount> {
  return sent(api, { method: 'GET', path: pathOf(manifest) });
}

async function sent(api: ApiCaller, request: ApiRequest): Promise<V1ServiceAccount> {
  const { status, text } = await api.call(request);
  if (status >= 300) throw new Error(`${request.method} ${request.path}: ${status}: ${text}`);
  return JSON.parse(text) as V1ServiceAccount;
}

function plain(object: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(object));
}
