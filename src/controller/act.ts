import { Failure } from '../failures/failure.ts';
import type { Connection } from '../kubernetes/connection.ts';
import { applyObject, deleteObject, patchObject } from '../kubernetes/objects.ts';
import { secrets, serviceAccounts, type ObjectRef } from '../kubernetes/resource.ts';
import type { PatchStep } from '../runtime/json-patch.ts';
import { attachPatch, detachPatch } from '../pull-secrets/attachment.ts';
import { secretManifest } from '../pull-secrets/desired-secret.ts';
import type { Action } from '../pull-secrets/namespace-plan.ts';
import type { ClusterView } from './cluster-view.ts';

export interface ActParts {
  readonly connection: Connection;
  readonly view: ClusterView;
  readonly secretName: string;
}

/** Carries out one action in a namespace and tells the view what became of it. Throws the KUBERNETES_… failures. */
export async function act(
  parts: ActParts,
  namespace: string,
  action: Action,
  signal: AbortSignal,
): Promise<void> {
  const { connection, view, secretName } = parts;
  const secret = { resource: secrets, namespace, name: secretName };
  const account = { resource: serviceAccounts, namespace };
  switch (action.kind) {
    case 'attach':
      return patch(
        parts,
        { ...account, name: action.account.name },
        attachPatch(action.account, secretName),
        signal,
      );
    case 'detach':
      return patch(
        parts,
        { ...account, name: action.account.name },
        detachPatch(action.account, secretName),
        signal,
      );
    case 'apply-secret':
      return view.noteWrittenSecret(
        namespace,
        applyObject(connection, secret, secretManifest(action.desired), { signal }),
      );
    case 'replace-secret':
      await unlessGone(deleteObject(connection, secret, { uid: action.secret.uid }, { signal }));
      view.noteReplacedSecret(namespace, action.secret);
      return view.noteWrittenSecret(
        namespace,
        applyObject(connection, secret, secretManifest(action.desired), { signal }),
      );
    case 'delete-secret':
      await unlessGone(deleteObject(connection, secret, { uid: action.secret.uid }, { signal }));
      return view.noteDeletedSecret(namespace, action.secret);
  }
}

async function patch(
  { connection, view }: ActParts,
  account: ObjectRef & { readonly namespace: string },
  steps: readonly PatchStep[],
  signal: AbortSignal,
): Promise<void> {
  const answer = patchObject(connection, account, steps, { signal });
  await unlessGone(view.noteWrittenAccount(account.namespace, account.name, answer));
}

/** An object that vanished in the meantime needs nothing any more. */
async function unlessGone(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.code !== 'KUBERNETES_NOT_FOUND') throw thrown;
  }
}
