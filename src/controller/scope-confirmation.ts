import { createHash } from 'node:crypto';
import {
  scopeLoss,
  type BrakeLimits,
  type InhabitedNamespace,
  type ScopeChange,
} from '../pull-secrets/brake.ts';
import { itemsOf } from '../settings/selection.ts';
import type { Scope } from '../settings/settings.ts';
import { shortList } from './short-list.ts';

/** On the ConfigMap; its value is the digest of the change of scope that is confirmed. */
export const confirmAnnotation = 'acr-credential-helper/confirm';

const digestLength = 8;
const namesTold = 10;

/**
 * The same for the same items in any order, so that it can be told before a configuration is applied. It is of
 * both scopes: a confirmation that is left on the ConfigMap does not hold for another step to the same scope.
 */
export function changeDigest({ from, to }: ScopeChange): string {
  const text = JSON.stringify([from, to].map(sortedItems));
  return createHash('sha256').update(text).digest('hex').slice(0, digestLength);
}

function sortedItems({ namespaces, serviceAccounts }: Scope): readonly (readonly string[])[] {
  return [namespaces, serviceAccounts].map((selection) => itemsOf(selection).toSorted());
}

export interface ConfirmationCase {
  readonly change: ScopeChange;
  readonly cluster: readonly InhabitedNamespace[];
  readonly limits: BrakeLimits;
  /** The annotation's value. */
  readonly confirmation: string | undefined;
  readonly configMap: { readonly namespace: string; readonly name: string };
}

/** What has to be confirmed, and the command for it; undefined where the change may take place. */
export function confirmationNeeded(one: ConfirmationCase): string | undefined {
  const { losing, served, isLarge } = scopeLoss(one.cluster, one.change, one.limits);
  const digest = changeDigest(one.change);
  if (!isLarge || one.confirmation === digest) return undefined;
  const names = shortList(losing, namesTold);
  const { namespace, name } = one.configMap;
  const command = `kubectl annotate configmap ${name} -n ${namespace} --overwrite ${confirmAnnotation}=${digest}`;
  return (
    `the new scope would take the pull secret or attachments from ${losing.length} of ${served} served namespaces ` +
    `(${names}); the scope stays as it was until this is confirmed. If it is meant: ${command}`
  );
}
