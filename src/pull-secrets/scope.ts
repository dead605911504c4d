import type { NameSelection, Scope } from '../settings/settings.ts';

export function isNamespaceInScope(scope: Scope, name: string): boolean {
  return isSelected(scope.namespaces, name);
}

/** For an account of a namespace that is in scope. */
export function isServiceAccountInScope(scope: Scope, name: string): boolean {
  return isSelected(scope.serviceAccounts, name);
}

function isSelected(selection: NameSelection, name: string): boolean {
  switch (selection.kind) {
    case 'all':
      return true;
    case 'named':
      return selection.names.has(name);
  }
}
