import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAttached, type ObservedServiceAccount } from '../pull-secrets/attachment.ts';
import { desiredSecret, secretType, type ObservedSecret } from '../pull-secrets/desired-secret.ts';
import type { ObservedNamespace } from '../pull-secrets/namespace-plan.ts';
import { cleanupPlan } from './cleanup-plan.ts';

const secretName = 'acr-credential-secret-aggregation';

function account(name: string, ...secrets: string[]): ObservedServiceAccount {
  const imagePullSecrets = secrets.map((each) => ({ name: each }));
  return { name, uid: `uid of ${name}`, resourceVersion: '1', isOptedOut: false, imagePullSecrets };
}

function secret({ mentions = [] as string[], isOurs = true }): ObservedSecret {
  const { labels, annotations, dockerConfigJson } = desiredSecret([], 'cs@aliyuncs.com', new Set(mentions));
  const marks = isOurs ? { labels, annotations } : { labels: {}, annotations: {} };
  return { uid: 'u', resourceVersion: '1', type: secretType, isImmutable: false, dockerConfigJson, ...marks };
}

function namespace(more: Partial<ObservedNamespace>): ObservedNamespace {
  const none = { labels: {}, isTerminating: false, isOptedOut: false, serviceAccounts: [] };
  return { name: 'team-a', uid: 'n', ...none, secret: undefined, recordedMentions: undefined, ...more };
}

describe('a cleanup', () => {
  it('takes our pull secret and our attachments, and leaves those that were there before us', () => {
    const ours = secret({ mentions: ['own'] });
    const accounts = [account('default', secretName), account('own', secretName), account('other', 'mine')];
    const { namespaces, mentions } = cleanupPlan(
      [namespace({ secret: ours, serviceAccounts: accounts })],
      secretName,
    );
    expect(namespaces).toEqual([{ namespace: 'team-a', detach: [accounts[0]], secret: ours }]);
    expect(mentions).toEqual(['team-a/own']);
  });

  it.each([
    ['a Secret of somebody else', { secret: secret({ isOurs: false }) }],
    ['no Secret', {}],
    ['our Secret, and is being deleted', { secret: secret({}), isTerminating: true }],
  ])('leaves a namespace alone that has %s', (_, more) => {
    const serviceAccounts = [account('default', secretName)];
    expect(cleanupPlan([namespace({ serviceAccounts, ...more })], secretName).namespaces).toEqual([]);
  });

  it('takes or tells of every account that carries the name, and never touches another', () => {
    const names = ['default', 'builder', 'own'];
    const cluster = fc.record({
      attached: fc.subarray(names),
      mentions: fc.subarray(names),
      isOurs: fc.boolean(),
    });
    fc.assert(
      fc.property(cluster, ({ attached, mentions, isOurs }) => {
        const serviceAccounts = names.map((name) =>
          account(name, ...(attached.includes(name) ? [secretName] : [])),
        );
        const observed = namespace({ secret: secret({ mentions, isOurs }), serviceAccounts });
        const plan = cleanupPlan([observed], secretName);
        const detached = plan.namespaces.flatMap(({ detach }) => detach);
        expect(detached.every((one) => isAttached(one, secretName))).toBe(true);
        expect(detached.some(({ name }) => mentions.includes(name))).toBe(false);
        const told = [...detached.map(({ name }) => `team-a/${name}`), ...plan.mentions];
        expect(told.toSorted()).toEqual(attached.map((name) => `team-a/${name}`).toSorted());
      }),
    );
  });
});
