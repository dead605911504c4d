import { observedNamespace, observedSecret, observedServiceAccount } from '../controller/observed-objects.ts';
import type { Connection } from '../kubernetes/connection.ts';
import { listPages, type ListRequest } from '../kubernetes/list-pages.ts';
import {
  namespaces,
  secrets,
  serviceAccounts,
  type RawObject,
  type Resource,
} from '../kubernetes/resource.ts';
import type { ObservedServiceAccount } from '../pull-secrets/attachment.ts';
import { isOurs, mentionedBy, type ObservedSecret } from '../pull-secrets/desired-secret.ts';
import type { ObservedNamespace } from '../pull-secrets/namespace-plan.ts';

export interface SnapshotWish {
  readonly secretName: string;
  /** Undefined: all of them. */
  readonly onlyNamespaces?: readonly string[] | undefined;
}

/**
 * The namespaces as they are now, with what the controller would see in them, sorted by name. Three lists, or two
 * more for each namespace that is named; of Secrets only those with the pull secret's name. Throws the KUBERNETES_…
 * failures.
 */
export async function clusterSnapshot(
  connection: Connection,
  { secretName, onlyNamespaces }: SnapshotWish,
  signal: AbortSignal,
): Promise<readonly ObservedNamespace[]> {
  const byName = { fieldSelector: `metadata.name=${secretName}` };
  const listWatched = async (list: Omit<ListRequest, 'target' | 'signal'>, resource: Resource) => {
    const targets = onlyNamespaces?.map((namespace) => ({ resource, namespace })) ?? [{ resource }];
    const lists = targets.map((target) => listAll(connection, { ...list, target, signal }));
    return (await Promise.all(lists)).flat();
  };
  const [all, accounts, pullSecrets] = await Promise.all([
    listAll(connection, { target: { resource: namespaces }, metadataOnly: true, signal }),
    listWatched({}, serviceAccounts),
    listWatched({ selectors: byName }, secrets),
  ]);
  const found = all.filter(({ metadata }) => onlyNamespaces?.includes(metadata.name) ?? true);
  const accountsOf = Map.groupBy(accounts, namespaceOf);
  const secretOf = new Map(pullSecrets.map((raw) => [namespaceOf(raw), observedSecret(raw)]));
  return found
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
    .map((raw) => {
      const { name } = raw.metadata;
      const serviceAccounts = (accountsOf.get(name) ?? []).map(observedServiceAccount);
      return assemble(raw, serviceAccounts.toSorted(byAccountName), secretOf.get(name));
    });
}

function assemble(
  raw: RawObject,
  serviceAccounts: readonly ObservedServiceAccount[],
  secret: ObservedSecret | undefined,
): ObservedNamespace {
  const recordedMentions = secret !== undefined && isOurs(secret) ? mentionedBy(secret) : undefined;
  return { name: raw.metadata.name, ...observedNamespace(raw), serviceAccounts, secret, recordedMentions };
}

async function listAll(connection: Connection, list: ListRequest): Promise<readonly RawObject[]> {
  const all: RawObject[] = [];
  for await (const { items = [] } of listPages(connection, list)) all.push(...items);
  return all;
}

function namespaceOf(raw: RawObject): string {
  return raw.metadata.namespace ?? '';
}

function byAccountName(a: ObservedServiceAccount, b: ObservedServiceAccount): number {
  return a.name < b.name ? -1 : 1;
}
