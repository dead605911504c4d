import type { PatchStep } from '../runtime/json-patch.ts';
import { admissionMark } from './admission-mark.ts';

/** What is kept of a ServiceAccount. */
export interface ObservedServiceAccount {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly isOptedOut: boolean;
  /** Whether admission attached it (`admission-mark.ts`); left out: it did not. */
  readonly isMarked?: boolean;
  /** Undefined where the field is missing, which a JSON patch tells from an empty list. */
  readonly imagePullSecrets: readonly PullSecretReference[] | undefined;
}

/** A LocalObjectReference; the API server accepts one without a name. */
export interface PullSecretReference {
  readonly name?: string;
}

const list = '/imagePullSecrets';
const annotations = '/metadata/annotations';

export function isAttached(
  account: Pick<ObservedServiceAccount, 'imagePullSecrets'>,
  secretName: string,
): boolean {
  return account.imagePullSecrets?.some(({ name }) => name === secretName) ?? false;
}

/**
 * Appends the pull secret. `imagePullSecrets` is atomic (kubernetes#91250), so nothing but a test of what was
 * read keeps an entry that somebody adds at the same moment.
 */
export function attachPatch(account: ObservedServiceAccount, secretName: string): readonly PatchStep[] {
  const { imagePullSecrets } = account;
  const asRead: PatchStep =
    imagePullSecrets === undefined
      ? sameVersion(account)
      : { op: 'test', path: list, value: imagePullSecrets };
  return [asRead, appendStep(imagePullSecrets, secretName)];
}

/** For a request that is being admitted, which nobody else can change; leaves a mark, as the leader must not. */
export function admissionPatch(
  account: Pick<ObservedServiceAccount, 'imagePullSecrets'>,
  hasAnnotations: boolean,
  secretName: string,
): readonly PatchStep[] {
  const { name, value } = admissionMark;
  const mark: PatchStep = hasAnnotations
    ? { op: 'add', path: annotationPath(name), value }
    : { op: 'add', path: annotations, value: { [name]: value } };
  return [appendStep(account.imagePullSecrets, secretName), mark];
}

/** For a Pod that is being created with pull secrets of its own; for one without there is its service account's list. */
export function podAdmissionPatch(secretName: string): readonly PatchStep[] {
  return [{ op: 'add', path: `/spec${list}/-`, value: { name: secretName } }];
}

function appendStep(entries: ObservedServiceAccount['imagePullSecrets'], secretName: string): PatchStep {
  const entry = { name: secretName };
  return entries === undefined
    ? { op: 'add', path: list, value: [entry] }
    : { op: 'add', path: `${list}/-`, value: entry };
}

function annotationPath(name: string): string {
  return `${annotations}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** Takes out the pull secret, and the mark that goes with it, and nothing else. */
export function detachPatch(account: ObservedServiceAccount, secretName: string): readonly PatchStep[] {
  const entries = account.imagePullSecrets ?? [];
  const others = entries.filter(({ name }) => name !== secretName);
  const change: PatchStep =
    others.length === 0 ? { op: 'remove', path: list } : { op: 'replace', path: list, value: others };
  const steps: readonly PatchStep[] = [{ op: 'test', path: list, value: entries }, change];
  return account.isMarked === true ? [...steps, ...unmarkSteps()] : steps;
}

function unmarkSteps(): readonly PatchStep[] {
  const path = annotationPath(admissionMark.name);
  return [
    { op: 'test', path, value: admissionMark.value },
    { op: 'remove', path },
  ];
}

/** A list that is not there cannot be tested for, so the whole object has to be the one that was read. */
function sameVersion({ resourceVersion }: ObservedServiceAccount): PatchStep {
  return { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion };
}
