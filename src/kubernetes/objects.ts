import type { PatchStep } from '../runtime/json-patch.ts';
import { product } from '../runtime/product.ts';
import type { Connection, Limits } from './connection.ts';
import { apiVersionOf, type ObjectRef, type RawObject } from './resource.ts';

/** The name under which the API server records which fields are ours. */
export const fieldManager = product;

/** What must still be so when an object is deleted; otherwise KUBERNETES_CONFLICT. */
export interface Preconditions {
  readonly uid?: string;
  readonly resourceVersion?: string;
}

/** Throws KUBERNETES_NOT_FOUND where there is none. */
export function readObject<T extends RawObject>(
  connection: Connection,
  ref: ObjectRef,
  limits: Limits,
): Promise<T> {
  return connection.request<T>({ method: 'GET', target: ref, ...limits });
}

/**
 * Server-side apply: makes the object, or the fields of `desired` in it, so; takes them from other managers.
 * It carries the object's name in the URL, so RBAC can allow it by `resourceNames`, which a POST cannot be.
 */
export function applyObject<T extends RawObject>(
  connection: Connection,
  ref: ObjectRef,
  desired: Readonly<Record<string, unknown>>,
  limits: Limits,
): Promise<T> {
  const { resource, namespace, name } = ref;
  const { metadata, ...rest } = desired;
  const content = {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    metadata: {
      ...(metadata as object | undefined),
      name,
      ...(namespace === undefined ? {} : { namespace }),
    },
    ...rest,
  };
  return connection.request<T>({
    method: 'PATCH',
    target: ref,
    query: { fieldManager, force: 'true' },
    body: { mediaType: 'application/apply-patch+yaml', content },
    ...limits,
  });
}

/** Throws KUBERNETES_CONFLICT where a `test` does not hold: the object is not what the patch was made for. */
export function patchObject<T extends RawObject>(
  connection: Connection,
  ref: ObjectRef,
  steps: readonly PatchStep[],
  limits: Limits,
): Promise<T> {
  return connection.request<T>({
    method: 'PATCH',
    target: ref,
    query: { fieldManager },
    body: { mediaType: 'application/json-patch+json', content: steps },
    ...limits,
  });
}

/** Throws KUBERNETES_NOT_FOUND where there is none. */
export async function deleteObject(
  connection: Connection,
  ref: ObjectRef,
  preconditions: Preconditions,
  limits: Limits,
): Promise<void> {
  await connection.request({
    method: 'DELETE',
    target: ref,
    body: { mediaType: 'application/json', content: { preconditions } },
    ...limits,
  });
}

/** Throws KUBERNETES_CONFLICT where there is one already. */
export function createObject<T extends RawObject>(
  connection: Connection,
  ref: ObjectRef,
  content: T,
  limits: Limits,
): Promise<T> {
  const { name: _, ...collection } = ref;
  return connection.request<T>({
    method: 'POST',
    target: collection,
    query: { fieldManager },
    body: { mediaType: 'application/json', content },
    ...limits,
  });
}

/** Throws KUBERNETES_CONFLICT where `content`'s resourceVersion is not the object's any more. */
export function replaceObject<T extends RawObject>(
  connection: Connection,
  ref: ObjectRef,
  content: T,
  limits: Limits,
): Promise<T> {
  return connection.request<T>({
    method: 'PUT',
    target: ref,
    query: { fieldManager },
    body: { mediaType: 'application/json', content },
    ...limits,
  });
}
