import type { ApiRequest } from '../real-parts/api-caller.ts';
import { pullSecretName } from '../real-parts/kubectl.ts';

const product = 'acr-credential-helper';

/** A request that makes the object, or the fields of it that are given, so: the name is in the path, as RBAC wants it. */
export function apply(path: string, object: object): ApiRequest {
  const query = `fieldManager=${product}&force=true`;
  return {
    method: 'PATCH',
    path: `${path}?${query}`,
    mediaType: 'application/apply-patch+yaml',
    body: object,
  };
}

export function merge(path: string, body: object): ApiRequest {
  return { method: 'PATCH', path, mediaType: 'application/merge-patch+json', body };
}

export function steps(path: string, ...body: readonly object[]): ApiRequest {
  return { method: 'PATCH', path, mediaType: 'application/json-patch+json', body };
}

export function secretPath(namespace: string, name = pullSecretName): string {
  return `/api/v1/namespaces/${namespace}/secrets/${name}`;
}

export function applySecret(
  namespace: string,
  name: string,
  rest: { metadata?: object; type: string },
): ApiRequest {
  const { metadata, ...more } = rest;
  const identity = { apiVersion: 'v1', kind: 'Secret', metadata: { ...metadata, name, namespace } };
  return apply(secretPath(namespace, name), { ...identity, ...more });
}
