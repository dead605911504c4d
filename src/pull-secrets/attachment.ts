import type { PatchStep } from '../runtime/json-patch.ts';

/** What is kept of a ServiceAccount. */
export interface ObservedServiceAccount {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly isOptedOut: boolean;
  /** Undefined where the field is missing, which a JSON patch tells from an empty list. */
  readonly imagePullSecrets: readonly PullSecretReference[] | undefined;
}

/** A LocalObjectReference; the API server accepts one without a name. */
export interface PullSecretReference {
  readonly name?: string;
}

const list = '/imagePullSecrets';

export function isAttached(account: ObservedServiceAccount, secretName: string): boolean {
  return account.imagePullSecrets?.some(({ name }) => name === secretName) ?? false;
}

/**
 * Appends the pull secret. `imagePullSecrets` is atomic (kubernetes#91250), so nothing but a test of what was
 * read keeps an entry that somebody adds at the same moment.
 */
export function attachPatch(account: ObservedServiceAccount, secretName: string): readonly PatchStep[] {
  const entry = { name: secretName };
  if (account.imagePullSecrets === undefined) {
    return [sameVersion(account), { op: 'add', path: list, value: [entry] }];
  }
  return [
    { op: 'test', path: list, value: account.imagePullSecrets },
    { op: 'add', path: `${list}/-`, value: entry },
  ];
}

/** Takes out the pull secret and nothing else. */
export function detachPatch(account: ObservedServiceAccount, secretName: string): readonly PatchStep[] {
  const entries = account.imagePullSecrets ?? [];
  const others = entries.filter(({ name }) => name !== secretName);
  const change: PatchStep =
    others.length === 0 ? { op: 'remove', path: list } : { op: 'replace', path: list, value: others };
  return [{ op: 'test', path: list, value: entries }, change];
}

/** A list that is not there cannot be tested for, so the whole object has to be the one that was read. */
function sameVersion({ resourceVersion }: ObservedServiceAccount): PatchStep {
  return { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion };
}
