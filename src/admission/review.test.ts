import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { admissionMark } from '../pull-secrets/admission-mark.ts';
import { planNamespace } from '../pull-secrets/namespace-plan.ts';
import { arbitrarySelection } from '../settings/arbitrary-settings.ts';
import { namespaceRules, readSelection, serviceAccountRules } from '../settings/read-selection.ts';
import type { Scope } from '../settings/settings.ts';
import { readReview, reviewAnswer, reviewPatch, type Review } from './review.ts';

const secretName = 'acr-credential-secret-aggregation';

function scopeOf(namespaces: string, serviceAccounts: string): Scope {
  const [one, other] = [
    readSelection(namespaces, namespaceRules),
    readSelection(serviceAccounts, serviceAccountRules),
  ];
  if (one.kind === 'refused' || other.kind === 'refused') throw new Error('refused');
  return { namespaces: one.value, serviceAccounts: other.value };
}

interface Account {
  readonly metadata: {
    readonly name?: string;
    readonly generateName?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly imagePullSecrets?: readonly { readonly name?: string }[];
}

function request(object: Account | null, more: object = {}): string {
  return JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'u-1',
      operation: 'CREATE',
      namespace: 'team-a',
      object: object && { apiVersion: 'v1', kind: 'ServiceAccount', ...object },
      ...more,
    },
  });
}

function read(text: string): Review {
  const review = readReview(text);
  if (review === undefined) throw new Error('no review');
  return review;
}

const teamA = { name: 'team-a', labels: { pull: 'yes' }, isOptedOut: false };
const inTeamA = { namespace: teamA, account: undefined };
const account = (name: string): Account => ({ metadata: { name } });
const rules = { scope: scopeOf('label:pull=yes', '*,!ci-*'), secretName };
const patchFor = (object: Account | null, more: object = {}) =>
  reviewPatch(read(request(object, more)), inTeamA, rules);

describe('a service account that is about to be created', () => {
  it('is attached where it is in scope, beside the entries of others', () => {
    expect(patchFor({ ...account('app'), imagePullSecrets: [{ name: 'mine' }] })).toEqual([
      { op: 'add', path: '/imagePullSecrets/-', value: { name: secretName } },
      { op: 'add', path: '/metadata/annotations', value: { [admissionMark.name]: admissionMark.value } },
    ]);
  });

  it.each([
    ['a list that is none', { imagePullSecrets: { name: 'mine' } }],
    ['an entry that is none', { imagePullSecrets: [{ name: 'mine' }, 'other'] }],
    ['a name that is none', { imagePullSecrets: [{ name: 1 }] }],
    ['annotations that are none', { metadata: { name: 'app', annotations: ['a'] } }],
    ['an annotation that is no text', { metadata: { name: 'app', annotations: { a: 1 } } }],
  ])('is left as it is where it has %s', (_, wrong) => {
    expect(read(request({ ...account('app'), ...(wrong as Partial<Account>) })).subject).toBeUndefined();
  });

  it('is attached when it is changed, too', () => {
    expect(patchFor(account('app'), { operation: 'UPDATE' })).toHaveLength(2);
  });

  it.each([
    ['carries the name already', { ...account('app'), imagePullSecrets: [{ name: secretName }] }],
    ['is out of scope', account('ci-app')],
    ['opted out', { metadata: { name: 'app', annotations: { 'acr-credential-helper/ignore': 'true' } } }],
    ['has no name yet, so that nobody can say whether it is in scope', { metadata: { generateName: 'a-' } }],
  ])('is left as it is where it %s', (_, object) => {
    expect(patchFor(object)).toEqual([]);
  });

  it('is left as it is where its namespace is out of scope, has opted out, or is not known', () => {
    const review = read(request(account('app')));
    expect(reviewPatch(review, { ...inTeamA, namespace: { ...teamA, labels: {} } }, rules)).toEqual([]);
    expect(reviewPatch(review, { ...inTeamA, namespace: { ...teamA, isOptedOut: true } }, rules)).toEqual([]);
    expect(reviewPatch(review, { ...inTeamA, namespace: undefined }, rules)).toEqual([]);
  });

  it.each([
    ['it is deleted', request(null, { operation: 'DELETE' })],
    ['it is something else', request(account('app')).replace('"ServiceAccount"', '"Pod"')],
    ['its list is none', request(account('app')).replace('"metadata"', '"imagePullSecrets":"x","metadata"')],
  ])('is allowed without a change where %s', (_, text) => {
    const review = read(text);
    expect(reviewPatch(review, inTeamA, rules)).toEqual([]);
    expect(reviewAnswer(review, [])).toEqual({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid: 'u-1', allowed: true },
    });
  });

  it('is answered with a patch that the API server can carry out', () => {
    const patch = patchFor(account('app'));
    const { response } = reviewAnswer(read(request(account('app'))), patch) as {
      response: { uid: string; allowed: boolean; patchType: string; patch: string };
    };
    expect(response).toMatchObject({ uid: 'u-1', allowed: true, patchType: 'JSONPatch' });
    expect(JSON.parse(Buffer.from(response.patch, 'base64').toString())).toEqual(patch);
  });
});

it.each([
  ['nothing', ''],
  ['no JSON', '{'],
  ['a review without a request', '{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}'],
  ['a review of another version', request(account('app')).replace('k8s.io/v1', 'k8s.io/v1beta1')],
  ['a review without a uid', request(account('app'), { uid: '' })],
])('%s is no review', (_, text) => {
  expect(readReview(text)).toBeUndefined();
});

it('attaches exactly what the controller would attach', () => {
  const name = fc.constantFrom('a', 'b', 'abc', 'default');
  const entries = fc.option(
    fc.subarray(['mine', secretName]).map((names) => names.map((each) => ({ name: each }))),
    { nil: undefined },
  );
  const cases = fc.record({
    scope: fc.record({
      namespaces: arbitrarySelection({ withLabels: true }),
      serviceAccounts: arbitrarySelection({ withLabels: false }),
    }),
    namespace: fc.record({
      name,
      labels: fc.dictionary(name, name),
      isOptedOut: fc.boolean(),
    }),
    name,
    isOptedOut: fc.boolean(),
    entries,
  });
  fc.assert(
    fc.property(cases, ({ scope, namespace, name, isOptedOut, entries }) => {
      const annotations = isOptedOut ? { 'acr-credential-helper/ignore': 'true' } : {};
      const object = {
        metadata: { name, annotations },
        ...(entries !== undefined && { imagePullSecrets: entries }),
      };
      const patch = reviewPatch(
        read(request(object)),
        { namespace, account: undefined },
        { scope, secretName },
      );
      const observed = { name, uid: 'u', resourceVersion: '1', isOptedOut, imagePullSecrets: entries };
      const actions = planNamespace(
        {
          ...namespace,
          uid: 'n',
          isTerminating: false,
          serviceAccounts: [observed],
          secret: undefined,
          recordedMentions: undefined,
        },
        { scope, secretName, logins: [], email: '' },
      );
      expect(patch.length > 0).toBe(actions.some(({ kind }) => kind === 'attach'));
    }),
  );
});
