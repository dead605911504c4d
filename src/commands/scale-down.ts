import { registrationRef } from '../admission/registration.ts';
import { Failure } from '../failures/failure.ts';
import type { Connection } from '../kubernetes/connection.ts';
import { deleteObject, patchObject } from '../kubernetes/objects.ts';
import { deployments } from '../kubernetes/resource.ts';
import { persistently, type PersistentParts } from './persistently.ts';

export interface ScaleDownParts extends PersistentParts {
  readonly connection: Connection;
}

/**
 * Stops a Deployment of the add-on's, so that no replica comes back for the Lease. Before that, the registration of
 * its webhook goes: with `Fail` it would keep everybody from creating service accounts while nobody answers, however
 * long the rest of the cleanup may take, or never come. The add-on has no right to make it again. Gives whether there
 * was one. A Deployment that is not there needs no scaling. Throws KUBERNETES_…, with nothing scaled where it is the
 * registration that cannot be removed.
 */
export async function scaleDown(
  parts: ScaleDownParts,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<boolean> {
  const scale = { resource: deployments, namespace, name, subresource: 'scale' };
  // `add` replaces what is there, and holds where the field is left out, which means none.
  const none = [{ op: 'add', path: '/spec/replicas', value: 0 }] as const;
  const wasRegistered = await unlessMissing(parts, signal, () =>
    deleteObject(parts.connection, registrationRef, {}, { signal }),
  );
  await unlessMissing(parts, signal, () => patchObject(parts.connection, scale, none, { signal }));
  return wasRegistered;
}

async function unlessMissing(
  parts: ScaleDownParts,
  signal: AbortSignal,
  work: () => Promise<unknown>,
): Promise<boolean> {
  try {
    await persistently(parts, work, signal);
    return true;
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.code !== 'KUBERNETES_NOT_FOUND') throw thrown;
    return false;
  }
}
