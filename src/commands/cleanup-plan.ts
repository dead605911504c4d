import { isAttached, type ObservedServiceAccount } from '../pull-secrets/attachment.ts';
import type { ObservedSecret } from '../pull-secrets/desired-secret.ts';
import { planNamespace, type ObservedNamespace } from '../pull-secrets/namespace-plan.ts';
import { nothing, type Selection } from '../settings/selection.ts';

/** What is ours in a namespace. */
export interface NamespaceCleanup {
  readonly namespace: string;
  readonly detach: readonly ObservedServiceAccount[];
  readonly secret: ObservedSecret | undefined;
}

export interface CleanupPlan {
  /** Those in which something is ours. */
  readonly namespaces: readonly NamespaceCleanup[];
  /** `namespace/account` of those that carry the pull secret's name on their own, and keep it. */
  readonly mentions: readonly string[];
}

const none: Selection = { included: nothing, excluded: nothing };
const emptyScope = { namespaces: none, serviceAccounts: none };

/** Decides as the controller does where nothing is in scope: its attachments and pull secrets, and nothing else. */
export function cleanupPlan(cluster: readonly ObservedNamespace[], secretName: string): CleanupPlan {
  const living = cluster.filter(({ isTerminating }) => !isTerminating);
  const all = living.map((observed) => cleanupOf(observed, secretName));
  return {
    namespaces: all.filter(({ detach, secret }) => detach.length > 0 || secret !== undefined),
    mentions: living.flatMap((observed, index) => mentionsIn(observed, secretName, all[index]?.detach)),
  };
}

function cleanupOf(observed: ObservedNamespace, secretName: string): NamespaceCleanup {
  const actions = planNamespace(observed, { scope: emptyScope, secretName, logins: [], email: '' });
  return {
    namespace: observed.name,
    detach: actions.flatMap((action) => (action.kind === 'detach' ? action.account : [])),
    secret: actions.find((action) => action.kind === 'delete-secret')?.secret,
  };
}

function mentionsIn(
  { name, serviceAccounts }: ObservedNamespace,
  secretName: string,
  detached: readonly ObservedServiceAccount[] = [],
): string[] {
  return serviceAccounts
    .filter((account) => isAttached(account, secretName) && !detached.includes(account))
    .map((account) => `${name}/${account.name}`);
}
