import type { V1Namespace, V1ServiceAccount } from '@kubernetes/client-node';
import fc from 'fast-check';
import { pullSecretName } from '../real-parts/kubectl.ts';

/** The two keys of the configuration, as somebody may write them. */
export interface WrittenScope {
  readonly namespaces: string;
  readonly accounts: string;
}

const optOut = 'acr-credential-helper/ignore';
const longName = 'a-namespace-with-a-name-as-long-as-a-label-can-be-which-is-63-xx';

export const admissionNamespaces: readonly V1Namespace[] = [
  { metadata: { name: 'shop' } },
  { metadata: { name: 'team-a' } },
  { metadata: { name: 'team-b', labels: { pull: 'yes', env: 'prod' } } },
  { metadata: { name: 'old-team-a', labels: { pull: '', 'example.com/env': 'test' } } },
  { metadata: { name: 'xteam', labels: { env: 'test' } } },
  { metadata: { name: 'out', labels: { pull: 'yes' }, annotations: { [optOut]: 'true' } } },
  { metadata: { name: 'in-after-all', annotations: { [optOut]: 'false', other: 'x' } } },
  { metadata: { name: longName.slice(0, 63) } },
];

const mine = { name: 'mine' };
const ours = { name: pullSecretName };

export const admissionAccounts: readonly V1ServiceAccount[] = [
  { metadata: { name: 'app' } },
  { metadata: { name: 'builder', annotations: { theirs: 'kept' } }, imagePullSecrets: [mine] },
  { metadata: { name: 'ci-1' }, imagePullSecrets: [] },
  { metadata: { name: 'ci.deploy' }, imagePullSecrets: [mine, ours, { name: 'other' }] },
  { metadata: { name: 'cixdeploy', annotations: {} }, imagePullSecrets: [ours] },
  { metadata: { name: 'opted-out', annotations: { [optOut]: 'true' } } },
  { metadata: { name: 'not-opted-out', annotations: { [optOut]: 'yes' } } },
  { metadata: { name: `long.${'a'.repeat(240)}` } },
];

/** Written by hand: each way to write something. */
const writtenScopes: readonly WrittenScope[] = [
  { namespaces: 'shop', accounts: 'app' },
  { namespaces: 'all', accounts: '*' },
  { namespaces: '*', accounts: 'all' },
  { namespaces: 'ALL', accounts: 'ci.*' },
  { namespaces: ' shop ,\n\tteam-a,, ', accounts: ' app , builder ' },
  { namespaces: '"shop,team-b"', accounts: "'*'" },
  { namespaces: 'all,!team-*', accounts: '*,!ci-*' },
  { namespaces: 'all, ! shop', accounts: '*, !"app"' },
  { namespaces: 'team-*', accounts: 'c*deploy' },
  { namespaces: '*team*,!old-*', accounts: '*.*' },
  { namespaces: 'label:pull', accounts: '*' },
  { namespaces: 'label:pull=yes', accounts: '*' },
  { namespaces: 'label:pull=', accounts: '*' },
  { namespaces: 'label:pull!=yes', accounts: '*' },
  { namespaces: 'label:env!=prod,!label:example.com/env', accounts: 'long.*' },
  { namespaces: 'all,!label:pull!=yes', accounts: 'not-opted-out,opted-out' },
  { namespaces: 'a-namespace-*-63-x', accounts: `long.${'a'.repeat(240)}` },
  { namespaces: 'nowhere', accounts: 'nobody' },
];

const namespaceItems =
  'all * shop team-a team-* *-a *team* t*m-* *-*-* in* label:pull label:pull=yes label:pull= label:pull!=yes label:env!=prod label:example.com/env=test'.split(
    ' ',
  );
const accountItems = 'all * app builder ci.deploy ci.* ci* c*deploy *1 *-out not-* long.*'.split(' ');

function written(items: readonly string[]): fc.Arbitrary<string> {
  const space = fc.constantFrom('', '', ' ', '\n');
  const item = fc.tuple(space, fc.constantFrom(...items), space).map((parts) => parts.join(''));
  return fc
    .tuple(
      fc.array(item, { minLength: 1, maxLength: 3 }),
      fc.array(
        item.map((each) => `!${each}`),
        { maxLength: 2 },
      ),
    )
    .map(([included, excluded]) => [...included, ...excluded].join(','));
}

/** Those that are written by hand, and generated ones, the same in every run. Some of them are refused. */
export function writtenAdmissionScopes(generated: number): readonly WrittenScope[] {
  const scope = fc.record({ namespaces: written(namespaceItems), accounts: written(accountItems) });
  return [...writtenScopes, ...fc.sample(scope, { numRuns: generated, seed: 7 })];
}
