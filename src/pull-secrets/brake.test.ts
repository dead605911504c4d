import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { everything, nothing, type Selection } from '../settings/selection.ts';
import type { Scope } from '../settings/settings.ts';
import { scopeLoss, type InhabitedNamespace } from './brake.ts';
import { isNamespaceInScope, isServiceAccountInScope } from './scope.ts';

const limits = { share: 0.3, count: 10 };

function named(names: readonly string[]): Selection {
  return { included: { ...nothing, names: new Set(names) }, excluded: nothing };
}

const all: Selection = { included: everything, excluded: nothing };

function namespaceOf(name: string, more: Partial<InhabitedNamespace> = {}): InhabitedNamespace {
  const serviceAccounts = ['default', 'builder'].map((account) => ({ name: account, isOptedOut: false }));
  return { name, labels: {}, isOptedOut: false, isTerminating: false, serviceAccounts, ...more };
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `team-${index}`);
}

function losing(served: number, kept: number) {
  const names = numbered(served);
  const serviceAccounts = named(['default']);
  return scopeLoss(
    names.map((name) => namespaceOf(name)),
    {
      from: { namespaces: named(names), serviceAccounts },
      to: { namespaces: named(names.slice(0, kept)), serviceAccounts },
    },
    limits,
  );
}

/** What a namespace has: itself as '', and its accounts. */
function served(namespace: InhabitedNamespace, scope: Scope): Set<string> {
  if (namespace.isTerminating || !isNamespaceInScope(scope, namespace)) return new Set();
  const accounts = namespace.serviceAccounts.filter((one) => isServiceAccountInScope(scope, one));
  return new Set(['', ...accounts.map(({ name }) => name)]);
}

function hasAll(some: ReadonlySet<string>, all: ReadonlySet<string>): boolean {
  return [...some].every((one) => all.has(one));
}

describe('the brake', () => {
  it('holds a change that takes something from more than 10 namespaces and more than 30 % of them', () => {
    expect(losing(11, 0)).toMatchObject({ isLarge: true, served: 11 });
    expect(losing(10, 0).isLarge).toBe(false);
    expect(losing(100, 70).isLarge).toBe(false);
    expect(losing(100, 69).isLarge).toBe(true);
  });

  it('names the namespaces that would lose something', () => {
    expect(losing(12, 10).losing).toEqual(['team-10', 'team-11']);
  });

  it('counts a namespace that would lose only an attachment', () => {
    const from: Scope = { namespaces: all, serviceAccounts: all };
    const to: Scope = { namespaces: all, serviceAccounts: named(['builder']) };
    const cluster = numbered(11).map((name) => namespaceOf(name));
    expect(scopeLoss(cluster, { from, to }, limits)).toMatchObject({ isLarge: true });
  });

  it('counts neither a namespace that is going anyway nor one that has opted out', () => {
    const from: Scope = { namespaces: all, serviceAccounts: all };
    const to: Scope = { namespaces: named([]), serviceAccounts: all };
    const cluster = [
      namespaceOf('going', { isTerminating: true }),
      namespaceOf('out', { isOptedOut: true }),
      namespaceOf('here'),
    ];
    expect(scopeLoss(cluster, { from, to }, limits)).toMatchObject({ losing: ['here'], served: 1 });
  });

  const names = ['a', 'b', 'c', 'd'];
  const selections = fc.oneof(fc.constant(all), fc.subarray(names).map(named));
  const scopes = fc.record<Scope>({ namespaces: selections, serviceAccounts: selections });
  const objects = fc.record({ name: fc.constantFrom(...names), isOptedOut: fc.boolean() });
  const clusters = fc.array(
    fc.record<InhabitedNamespace>({
      name: fc.constantFrom(...names),
      labels: fc.constant({}),
      isOptedOut: fc.boolean(),
      isTerminating: fc.boolean(),
      serviceAccounts: fc.array(objects, { maxLength: 3 }),
    }),
  );

  it('never holds a change that takes nothing away, whatever the limits', () => {
    fc.assert(
      fc.property(clusters, scopes, scopes, (cluster, from, to) => {
        const { losing: losers, isLarge } = scopeLoss(cluster, { from, to }, { share: 0, count: 0 });
        const isTaking = cluster.some((one) => !hasAll(served(one, from), served(one, to)));
        expect(isLarge).toBe(isTaking);
        expect(losers.length > 0).toBe(isTaking);
        expect(scopeLoss(cluster, { from, to: from }, { share: 0, count: 0 }).isLarge).toBe(false);
      }),
    );
  });
});
