import { nothing, type Selection } from '../settings/selection.ts';
import type { Scope } from '../settings/settings.ts';
import { isAttached } from './attachment.ts';
import { isOurs, mentionedBy } from './desired-secret.ts';
import type { ObservedNamespace } from './namespace-plan.ts';

/**
 * What is served, told from the namespaces themselves: those that hold our Secret, and the accounts that we
 * attached it to. Undefined where none does. A tenant can forge a part of it, so it only ever measures what a
 * change would take away.
 */
export function servedScope(cluster: readonly ObservedNamespace[], secretName: string): Scope | undefined {
  const served = cluster.filter(({ secret }) => secret !== undefined && isOurs(secret));
  if (served.length === 0) return undefined;
  const accounts = served.flatMap(({ serviceAccounts, secret }) => {
    const mentions = secret === undefined ? new Set() : mentionedBy(secret);
    const attached = serviceAccounts.filter(
      (each) => isAttached(each, secretName) && !mentions.has(each.name),
    );
    return attached.map(({ name }) => name);
  });
  return {
    namespaces: named(served.map(({ name }) => name)),
    // A selection has a name at least; of this one there is one in every namespace.
    serviceAccounts: named(accounts.length === 0 ? ['default'] : accounts),
  };
}

function named(names: readonly string[]): Selection {
  return { included: { ...nothing, names: new Set(names) }, excluded: nothing };
}
