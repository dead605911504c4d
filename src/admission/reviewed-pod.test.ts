import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isNamespaceInScope, isServiceAccountInScope } from '../pull-secrets/scope.ts';
import { arbitrarySelection } from '../settings/arbitrary-settings.ts';
import { namespaceRules, readSelection, serviceAccountRules } from '../settings/read-selection.ts';
import { readReview, reviewPatch, type Surroundings } from './review.ts';

const secretName = 'acr-credential-secret-aggregation';
const optOut = 'acr-credential-helper/ignore';
const [mine, ours] = [{ name: 'mine' }, { name: secretName }];
const attached = [{ op: 'add', path: '/spec/imagePullSecrets/-', value: ours }];

interface Pod {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> | null };
  readonly spec?: {
    readonly serviceAccountName?: string;
    readonly imagePullSecrets?: readonly { readonly name?: string }[] | null;
  };
}

const teamA = { name: 'team-a', labels: {}, isOptedOut: false };
const inTeamA: Surroundings = { namespace: teamA, account: { name: 'app', isOptedOut: false } };
const [namespaces, serviceAccounts] = [
  readSelection('team-*', namespaceRules),
  readSelection('*,!ci-*', serviceAccountRules),
];
if (namespaces.kind === 'refused' || serviceAccounts.kind === 'refused') throw new Error('refused');
const rules = {
  scope: { namespaces: namespaces.value, serviceAccounts: serviceAccounts.value },
  secretName,
};

function patchFor(
  { metadata, spec }: Pod,
  { operation = 'CREATE', around = inTeamA, by = rules } = {},
): readonly unknown[] {
  const object = {
    kind: 'Pod',
    metadata: { generateName: 'app-', ...metadata },
    spec: { serviceAccountName: 'app', imagePullSecrets: [mine], ...spec },
  };
  const text = JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: { uid: 'u', operation, namespace: 'team-a', object },
  });
  const review = readReview(text);
  if (review === undefined) throw new Error('no review');
  return reviewPatch(review, around, by);
}

describe('a Pod that is about to be created', () => {
  it('gets the pull secret beside those of its own', () => {
    expect(patchFor({})).toEqual(attached);
    expect(patchFor({ spec: { imagePullSecrets: [{}] } })).toEqual(attached);
    expect(patchFor({ metadata: { annotations: { theirs: 'kept' } } })).toEqual(attached);
  });

  it('gets it also where its service account is known by name only', () => {
    expect(patchFor({}, { around: { ...inTeamA, account: undefined } })).toEqual(attached);
  });

  it.each<[string, Pod]>([
    ['has it already', { spec: { imagePullSecrets: [mine, ours] } }],
    ['has no list of its own, so that it gets its account’s', { spec: { imagePullSecrets: [] } }],
    ['has none at all', { spec: { imagePullSecrets: null } }],
    ['runs with an account that is out of scope', { spec: { serviceAccountName: 'ci-app' } }],
    ['runs with no account', { spec: { serviceAccountName: '' } }],
    ['opted out', { metadata: { annotations: { [optOut]: 'true' } } }],
    ['is a static Pod’s mirror', { metadata: { annotations: { 'kubernetes.io/config.mirror': 'x' } } }],
  ])('is left as it is where it %s', (_, pod) => {
    const name = pod.spec?.serviceAccountName ?? 'app';
    expect(patchFor(pod, { around: { ...inTeamA, account: { name, isOptedOut: false } } })).toEqual([]);
  });

  it('is left as it is where its account or its namespace opted out, or is not there', () => {
    const account = { name: 'app', isOptedOut: true };
    expect(patchFor({}, { around: { ...inTeamA, account } })).toEqual([]);
    expect(patchFor({}, { around: { ...inTeamA, namespace: { ...teamA, isOptedOut: true } } })).toEqual([]);
    expect(patchFor({}, { around: { ...inTeamA, namespace: undefined } })).toEqual([]);
  });

  it('is left as it is when it is there, since nobody may change its list then', () => {
    expect(patchFor({}, { operation: 'UPDATE' })).toEqual([]);
  });
});

it('gets it exactly where its account is in scope', () => {
  const name = fc.constantFrom('a', 'b', 'abc', 'default');
  const scoped = { name, isOptedOut: fc.boolean() };
  const cases = fc.record({
    scope: fc.record({
      namespaces: arbitrarySelection({ withLabels: true }),
      serviceAccounts: arbitrarySelection({ withLabels: false }),
    }),
    namespace: fc.record({ ...scoped, labels: fc.dictionary(name, name) }),
    account: fc.record(scoped),
  });
  fc.assert(
    fc.property(cases, ({ scope, namespace, account }) => {
      const pod = { spec: { serviceAccountName: account.name } };
      const patch = patchFor(pod, { around: { namespace, account }, by: { scope, secretName } });
      const isWanted = isNamespaceInScope(scope, namespace) && isServiceAccountInScope(scope, account);
      expect(patch.length > 0).toBe(isWanted);
    }),
  );
});
