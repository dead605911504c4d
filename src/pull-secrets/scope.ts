import { isSelected, type Labels } from '../settings/selection.ts';
import type { Scope } from '../settings/settings.ts';

export interface LabelledNamespace {
  readonly name: string;
  readonly labels: Labels;
}

export function isNamespaceInScope({ namespaces }: Scope, { name, labels }: LabelledNamespace): boolean {
  return isSelected(namespaces, name, labels);
}

/** For an account of a namespace that is in scope. */
export function isServiceAccountInScope({ serviceAccounts }: Scope, name: string): boolean {
  return isSelected(serviceAccounts, name);
}
