import { describe, expect, it } from 'vitest';
import type { InhabitedNamespace } from '../pull-secrets/brake.ts';
import { everything, nothing, type Selection } from '../settings/selection.ts';
import type { Scope } from '../settings/settings.ts';
import { changeDigest, confirmationNeeded } from './scope-confirmation.ts';

function scopeOf(...names: string[]): Scope {
  const namespaces: Selection = { included: { ...nothing, names: new Set(names) }, excluded: nothing };
  return { namespaces, serviceAccounts: { included: everything, excluded: nothing } };
}

const names = Array.from({ length: 12 }, (_, index) => `team-${index}`);
const cluster = names.map((name): InhabitedNamespace => {
  return { name, labels: {}, isOptedOut: false, isTerminating: false, serviceAccounts: [] };
});
const large = {
  change: { from: scopeOf(...names), to: scopeOf() },
  cluster,
  limits: { share: 0.3, count: 10 },
  confirmation: undefined,
  configMap: { namespace: 'kube-system', name: 'acr-configuration' },
};

describe('a change of scope that takes much away', () => {
  const digest = changeDigest(large.change);

  it('needs a confirmation, which is told with its command and who would lose something', () => {
    const told = confirmationNeeded(large);
    expect(told).toContain('12 of 12 served namespaces (team-0, ');
    expect(told).toContain('team-9 and 2 more)');
    expect(told).toContain(
      `kubectl annotate configmap acr-configuration -n kube-system --overwrite acr-credential-helper/confirm=${digest}`,
    );
  });

  it('takes place once it is confirmed, and only that one', () => {
    expect(confirmationNeeded({ ...large, confirmation: digest })).toBeUndefined();
    const other = { ...large.change, to: scopeOf('team-0') };
    expect(confirmationNeeded({ ...large, change: other, confirmation: digest })).toBeDefined();
  });

  it('is not confirmed by what confirmed another step to the same scope', () => {
    const step = { ...large.change, from: scopeOf(...names, 'one-more') };
    expect(confirmationNeeded({ ...large, change: step, confirmation: digest })).toBeDefined();
  });

  it('has the same digest in whatever order its items are written', () => {
    const [from, to] = [scopeOf('a', 'b'), scopeOf('c', 'd')];
    expect(changeDigest({ from, to })).toBe(changeDigest({ from: scopeOf('b', 'a'), to: scopeOf('d', 'c') }));
    expect(changeDigest({ from, to })).not.toBe(changeDigest({ from: to, to: from }));
    expect(digest).toMatch(/^[0-9a-f]{8}$/);
  });
});

it('a change of scope that takes little away needs no confirmation', () => {
  const small = { from: scopeOf(...names), to: scopeOf(...names.slice(1)) };
  expect(confirmationNeeded({ ...large, change: small })).toBeUndefined();
});
