import { expect, test } from 'vitest';
import { Sensitive } from '../runtime/sensitive.ts';
import { desiredSecret, instancesIn, isUpToDate, secretType, type ObservedSecret } from './desired-secret.ts';

const loginOf = (instanceKey: string) => ({
  instanceKey,
  userName: 'cr_temp_user',
  token: new Sensitive('example-token'),
  mintedAtMs: 0,
  expiresAtMs: Date.parse('2026-01-01T01:00:00Z'),
  domains: [`${instanceKey}.example`],
});

function observed(instanceKeys: readonly string[]): ObservedSecret {
  const { labels, annotations, dockerConfigJson } = desired(instanceKeys);
  return {
    uid: 'u',
    resourceVersion: '1',
    type: secretType,
    isImmutable: false,
    labels,
    annotations,
    dockerConfigJson,
  };
}

const desired = (instanceKeys: readonly string[]) =>
  desiredSecret(instanceKeys.map(loginOf), 'cs@aliyuncs.com', new Set());

test('a pull secret tells whose logins it holds, so that it can be told without reading them', () => {
  expect(instancesIn(observed(['personal', 'cri-a@cn-hangzhou']))).toEqual(['cri-a@cn-hangzhou', 'personal']);
  expect(instancesIn(observed([]))).toEqual([]);
});

test('the same instances in another order are no reason to write it again', () => {
  expect(isUpToDate(observed(['cri-a', 'personal']), desired(['personal', 'cri-a']))).toBe(true);
  expect(isUpToDate(observed(['cri-a']), desired(['cri-a', 'personal']))).toBe(false);
});
