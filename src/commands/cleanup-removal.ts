import { observedServiceAccount } from '../controller/observed-objects.ts';
import { describeFailure, Failure } from '../failures/failure.ts';
import { deleteObject, patchObject, readObject } from '../kubernetes/objects.ts';
import { secrets, serviceAccounts, type ObjectRef } from '../kubernetes/resource.ts';
import { detachPatch, isAttached, type ObservedServiceAccount } from '../pull-secrets/attachment.ts';
import { forEachAtMost } from '../runtime/at-most.ts';
import {
  nameOf,
  type FoundObject,
  type Inventory,
  type InventoryOptions,
  type InventoryParts,
} from './cleanup-inventory.ts';
import type { NamespaceCleanup } from './cleanup-plan.ts';
import { persistently } from './persistently.ts';

/** Something of ours that is still there. */
export interface Leftover {
  /** `Secret team-a/name`, `attachment team-a/default`. */
  readonly what: string;
  readonly why: string;
  /** What removes it by hand. */
  readonly command: string;
}

export interface Removed {
  readonly admission: number;
  readonly attachments: number;
  readonly pullSecrets: number;
  readonly own: number;
}

export interface RemovalOutcome {
  readonly removed: Removed;
  readonly left: readonly Leftover[];
}

const atOnce = 8;
const waitsForAttachments =
  'it holds the record of whose attachments are whose, so it goes when those of its namespace have gone';

/**
 * Removes everything of the inventory, what stands in admission first, since that may undo the rest. Goes on
 * where something is refused. Once the signal is aborted nothing more is begun, and what is left is left.
 */
export async function removeAll(
  parts: InventoryParts,
  { secretName }: InventoryOptions,
  { admission, namespaces, own }: Inventory,
  signal: AbortSignal,
): Promise<RemovalOutcome> {
  const removed = { admission: 0, attachments: 0, pullSecrets: 0, own: 0 };
  const left: Leftover[] = [];
  const attempt = async (
    count: keyof Removed,
    leftover: Omit<Leftover, 'why'>,
    work: (failures: number) => Promise<void>,
  ) => {
    const why = await whyNot(parts, work, signal);
    if (why === undefined) removed[count] += 1;
    else left.push({ ...leftover, why });
    return why === undefined;
  };
  const remove = (count: keyof Removed, { ref, uid }: FoundObject) =>
    attempt(count, { what: nameOf(ref), command: deleteCommand(ref) }, () =>
      deleteObject(parts.connection, ref, { uid }, { signal }),
    );
  const clean = async ({ namespace, detach, secret }: NamespaceCleanup) => {
    let areGone = true;
    for (const account of detach) {
      const isGone = await attempt(
        'attachments',
        {
          what: `attachment ${namespace}/${account.name}`,
          command: detachCommand(namespace, account, secretName),
        },
        (failures) => detachOnce(parts, { namespace, account, secretName, failures }, signal),
      );
      areGone &&= isGone;
    }
    if (secret === undefined) return;
    const ref = { resource: secrets, namespace, name: secretName };
    if (areGone) await remove('pullSecrets', { ref, uid: secret.uid });
    else left.push({ what: nameOf(ref), why: waitsForAttachments, command: deleteCommand(ref) });
  };
  for (const found of admission) await remove('admission', found);
  await forEachAtMost(atOnce, namespaces, clean);
  for (const found of own) await remove('own', found);
  return { removed, left };
}

/** Why the work could not be done; undefined where it was, or where there was nothing to do any more. */
async function whyNot(
  parts: InventoryParts,
  work: (failures: number) => Promise<void>,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (signal.aborted) return 'not tried, since cleanup was stopped';
  try {
    await persistently(parts, work, signal);
    return undefined;
  } catch (thrown) {
    if (signal.aborted) return 'cleanup was stopped while it was trying';
    if (!(thrown instanceof Failure)) throw thrown;
    if (thrown.code === 'KUBERNETES_NOT_FOUND') return undefined;
    const { code, message } = describeFailure(thrown);
    return `${code}: ${message}`;
  }
}

interface Detachment {
  readonly namespace: string;
  readonly account: ObservedServiceAccount;
  readonly secretName: string;
  readonly failures: number;
}

/** Looks again before each further try: a conflict means that the account is not what it was. */
async function detachOnce(
  { connection }: InventoryParts,
  { namespace, account, secretName, failures }: Detachment,
  signal: AbortSignal,
): Promise<void> {
  const ref = { resource: serviceAccounts, namespace, name: account.name };
  const current =
    failures === 0 ? account : observedServiceAccount(await readObject(connection, ref, { signal }));
  // Another account of the same name is not the one that we attached to.
  if (current.uid !== account.uid || !isAttached(current, secretName)) return;
  const patched = await patchObject(connection, ref, detachPatch(current, secretName), { signal });
  // The API server forgets a policy that is deleted a moment later.
  if (isAttached(observedServiceAccount(patched), secretName)) {
    throw new Failure('KUBERNETES_CONFLICT', 'admission attaches it again at once');
  }
}

function detachCommand(namespace: string, account: ObservedServiceAccount, secretName: string): string {
  const patch = JSON.stringify(detachPatch(account, secretName)).replaceAll("'", String.raw`'\''`);
  return `kubectl -n ${namespace} patch serviceaccount ${account.name} --type=json -p '${patch}'`;
}

function deleteCommand({ resource, namespace, name }: ObjectRef): string {
  const kind = resource.kind.toLowerCase();
  return `kubectl ${namespace === undefined ? '' : `-n ${namespace} `}delete ${kind} ${name}`;
}
