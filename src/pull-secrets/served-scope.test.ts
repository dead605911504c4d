import { describe, expect, it } from 'vitest';
import type { ObservedServiceAccount } from './attachment.ts';
import { desiredSecret, secretType, type ObservedSecret } from './desired-secret.ts';
import type { ObservedNamespace } from './namespace-plan.ts';
import { servedScope } from './served-scope.ts';

const secretName = 'acr-credential-secret-aggregation';

function ours(mentions: readonly string[] = []): ObservedSecret {
  const { labels, annotations, dockerConfigJson } = desiredSecret([], 'cs@aliyuncs.com', new Set(mentions));
  const identity = { uid: 'u', resourceVersion: '1', type: secretType, isImmutable: false };
  return { ...identity, labels, annotations, dockerConfigJson };
}

function account(name: string, references: readonly string[]): ObservedServiceAccount {
  const imagePullSecrets = references.map((reference) => ({ name: reference }));
  return { name, uid: name, resourceVersion: '1', isOptedOut: false, imagePullSecrets };
}

function namespaceOf(
  name: string,
  secret: ObservedSecret | undefined,
  attached: readonly string[] = [],
): ObservedNamespace {
  const serviceAccounts = [...attached.map((each) => account(each, [secretName])), account('other', ['own'])];
  const identity = { uid: name, labels: {}, isTerminating: false, isOptedOut: false };
  return { name, ...identity, serviceAccounts, secret, recordedMentions: undefined };
}

function namesIn(cluster: readonly ObservedNamespace[]): string[][] | undefined {
  const scope = servedScope(cluster, secretName);
  return scope && [scope.namespaces, scope.serviceAccounts].map(({ included }) => [...included.names]);
}

describe('what is served, as the namespaces show it', () => {
  it('is where our Secret is, and the accounts that it is attached to', () => {
    const cluster = [
      namespaceOf('team-a', ours(), ['default']),
      namespaceOf('team-b', ours(), ['default', 'builder']),
      namespaceOf('elsewhere', undefined, ['tester']),
      namespaceOf('official', { ...ours(), labels: {} }, ['tester']),
    ];
    expect(namesIn(cluster)).toEqual([
      ['team-a', 'team-b'],
      ['default', 'builder'],
    ]);
  });

  it('leaves out who mentions the Secret on their own, from whom nothing would be taken', () => {
    expect(namesIn([namespaceOf('team-a', ours(['tester']), ['default', 'tester'])])).toEqual([
      ['team-a'],
      ['default'],
    ]);
  });

  it('is nothing where nobody has our Secret', () => {
    expect(namesIn([namespaceOf('team-a', undefined, ['default'])])).toBeUndefined();
  });
});
