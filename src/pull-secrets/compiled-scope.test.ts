import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitrarySelection } from '../settings/arbitrary-settings.ts';
import { namespaceRules, readSelection, serviceAccountRules } from '../settings/read-selection.ts';
import type { Labels } from '../settings/selection.ts';
import type { Scope } from '../settings/settings.ts';
import { compiledScope } from './compiled-scope.ts';
import { isNamespaceInScope, isServiceAccountInScope } from './scope.ts';

function scopeOf(namespaces: string, serviceAccounts: string): Scope {
  const [one, other] = [
    readSelection(namespaces, namespaceRules),
    readSelection(serviceAccounts, serviceAccountRules),
  ];
  if (one.kind === 'refused' || other.kind === 'refused') throw new Error('refused');
  return { namespaces: one.value, serviceAccounts: other.value };
}

/** As the policy evaluates it; that it does so is shown on a real API server (test/integration). */
function holds(data: Readonly<Record<string, string>>, what: string, name: string, labels: Labels): boolean {
  const items = Object.entries(labels).flatMap(([key, value]) => [key, `${key}=${value}`]);
  const prefix = `acr-credential-helper/compiled-${what}`;
  const tests = (data[`${prefix}-labels`] ?? '').split(',');
  return (
    (data[`${prefix}-names`] ?? '').split(',').includes(name) ||
    new RegExp(data[`${prefix}-pattern`] ?? '^$').test(name) ||
    tests.some((test) => (test.startsWith('!') ? !items.includes(test.slice(1)) : items.includes(test)))
  );
}

describe('the compiled scope', () => {
  it('has a key for each way of selecting, and none for what is not selected by', () => {
    expect(compiledScope(scopeOf('shop, team-*, label:pull, !team-x', '*, !ci-*'))).toEqual({
      'acr-credential-helper/compiled-namespace-names': 'shop',
      'acr-credential-helper/compiled-namespace-pattern': '^(team-.*)$',
      'acr-credential-helper/compiled-namespace-labels': 'pull',
      'acr-credential-helper/compiled-excluded-namespace-names': 'team-x',
      'acr-credential-helper/compiled-account-pattern': '^(.*)$',
      'acr-credential-helper/compiled-excluded-account-pattern': '^(ci-.*)$',
    });
  });

  it('takes a dot for a dot, and anchors each of several patterns', () => {
    const { 'acr-credential-helper/compiled-account-pattern': pattern } = compiledScope(
      scopeOf('all', 'a.*,*.b'),
    );
    expect(pattern).toBe(String.raw`^(a\..*|.*\.b)$`);
  });

  it('writes labels as tests of which one is enough', () => {
    expect(
      compiledScope(scopeOf('label:a,label:b=1,label:example.com/c!=2', 'default'))[
        'acr-credential-helper/compiled-namespace-labels'
      ],
    ).toBe('a,b=1,!example.com/c=2');
  });

  it('comes to what the controller decides', () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9]{0,2}$/);
    const cases = fc.record({
      scope: fc.record({
        namespaces: arbitrarySelection({ withLabels: true }),
        serviceAccounts: arbitrarySelection({ withLabels: false }),
      }),
      namespace: word,
      account: word,
      labels: fc.dictionary(word, word, { maxKeys: 3 }),
    });
    fc.assert(
      fc.property(cases, ({ scope, namespace, account, labels }) => {
        // Names and labels of the scope's own, too, since two arbitrary ones hardly ever meet.
        const near = [...scope.namespaces.included.names, ...scope.namespaces.excluded.names, namespace];
        const owned = Object.fromEntries(
          scope.namespaces.included.labels.map(({ key, test }) => [
            key,
            test.kind === 'exists' ? '' : test.value,
          ]),
        );
        const data = compiledScope(scope);
        for (const name of near) {
          for (const present of [labels, owned, { ...labels, ...owned }]) {
            const isIn = isNamespaceInScope(scope, { name, labels: present, isOptedOut: false });
            const isCompiledIn =
              holds(data, 'namespace', name, present) && !holds(data, 'excluded-namespace', name, present);
            expect(isCompiledIn).toBe(isIn);
          }
        }
        const accounts = [...scope.serviceAccounts.included.names, account];
        for (const name of accounts) {
          const isCompiledIn = holds(data, 'account', name, {}) && !holds(data, 'excluded-account', name, {});
          expect(isCompiledIn).toBe(isServiceAccountInScope(scope, { name, isOptedOut: false }));
        }
      }),
    );
  });
});
