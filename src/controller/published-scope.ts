import { namespaceRules, readSelection, serviceAccountRules } from '../settings/read-selection.ts';
import { itemsOf } from '../settings/selection.ts';
import { compiledScope } from '../pull-secrets/compiled-scope.ts';
import type { Scope } from '../settings/settings.ts';
import type { ObjectData } from './kept-object.ts';

/**
 * The data of the ConfigMap with the scope in force: the configuration's own keys; what waits has a prefix, and is
 * not compiled for admission.
 */
export function publishedScope(inForce: Scope, waiting: Scope | undefined): ObjectData {
  return {
    ...scopeData('', inForce),
    ...(waiting && scopeData('waiting-', waiting)),
    ...compiledScope(inForce),
  };
}

function scopeData(prefix: string, { namespaces, serviceAccounts }: Scope): ObjectData {
  return {
    [`${prefix}watch-namespace`]: itemsOf(namespaces).join(','),
    [`${prefix}service-account`]: itemsOf(serviceAccounts).join(','),
  };
}

/** The scope in force; undefined where it is missing or cannot be read, for which no default may stand in. */
export function readPublishedScope(data: ObjectData = {}): Scope | undefined {
  const namespaces = readSelection(data['watch-namespace'] ?? '', namespaceRules);
  const serviceAccounts = readSelection(data['service-account'] ?? '', serviceAccountRules);
  if (namespaces.kind !== 'accepted' || serviceAccounts.kind !== 'accepted') return undefined;
  return { namespaces: namespaces.value, serviceAccounts: serviceAccounts.value };
}
