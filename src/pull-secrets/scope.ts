import { isSelected, type Labels } from '../settings/selection.ts';
import type { Scope } from '../settings/settings.ts';

/** What decides about a service account. */
export interface ScopedObject {
  readonly name: string;
  /** Its own people have taken it out of scope, whatever the configuration says. */
  readonly isOptedOut: boolean;
}

export interface ScopedNamespace extends ScopedObject {
  readonly labels: Labels;
}

export function isNamespaceInScope({ namespaces }: Scope, namespace: ScopedNamespace): boolean {
  const { name, labels, isOptedOut } = namespace;
  return !isOptedOut && isSelected(namespaces, name, labels);
}

/** For an account of a namespace that is in scope. */
export function isServiceAccountInScope({ serviceAccounts }: Scope, account: ScopedObject): boolean {
  const { name, isOptedOut } = account;
  return !isOptedOut && isSelected(serviceAccounts, name);
}
