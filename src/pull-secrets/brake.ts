import type { Scope } from '../settings/settings.ts';
import {
  isNamespaceInScope,
  isServiceAccountInScope,
  type ScopedNamespace,
  type ScopedObject,
} from './scope.ts';

/** What decides about what a namespace has of a scope. */
export interface InhabitedNamespace extends ScopedNamespace {
  readonly isTerminating: boolean;
  readonly serviceAccounts: readonly ScopedObject[];
}

/** A change of scope waits when it takes something from more namespaces than both of these allow. */
export interface BrakeLimits {
  /** Of the served namespaces, 0 to 1. */
  readonly share: number;
  readonly count: number;
}

export interface ScopeChange {
  readonly from: Scope;
  readonly to: Scope;
}

/** What a change of scope takes away. */
export interface ScopeLoss {
  /** Names of namespaces that would lose their pull secret, or an attachment. */
  readonly losing: readonly string[];
  /** How many namespaces are served before the change. */
  readonly served: number;
  /** Whether it has to be confirmed. */
  readonly isLarge: boolean;
}

/** What a change of scope would take from the namespaces that are there now. */
export function scopeLoss(
  cluster: readonly InhabitedNamespace[],
  change: ScopeChange,
  { share, count }: BrakeLimits,
): ScopeLoss {
  const served = cluster.filter((one) => !one.isTerminating && isNamespaceInScope(change.from, one)).length;
  const losing = cluster.filter((one) => isLosing(one, change)).map(({ name }) => name);
  return { losing, served, isLarge: losing.length > count && losing.length > share * served };
}

function isLosing(namespace: InhabitedNamespace, { from, to }: ScopeChange): boolean {
  if (namespace.isTerminating || !isNamespaceInScope(from, namespace)) return false;
  if (!isNamespaceInScope(to, namespace)) return true;
  return namespace.serviceAccounts.some(
    (account) => isServiceAccountInScope(from, account) && !isServiceAccountInScope(to, account),
  );
}
