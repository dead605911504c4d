import { expect, test } from 'vitest';
import { Sensitive } from '../runtime/sensitive.ts';
import {
  desiredSecret,
  expiriesOf,
  instancesIn,
  isUpToDate,
  secretType,
  type ObservedSecret,
} from './desired-secret.ts';

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

test('an expired login stays in the pull secret, and its instance is named there until it has a new one', () => {
  const logins = ['cri-a', 'cri-b'].map(loginOf);
  const marked = desiredSecret(logins, 'cs@aliyuncs.com', new Set(), new Set(['cri-b', 'cri-gone']));
  const before = observed(['cri-a', 'cri-b']);
  expect(marked.annotations['acr-credential-helper/expired']).toBe('cri-b');
  expect(marked.dockerConfigJson.equals(desired(['cri-a', 'cri-b']).dockerConfigJson)).toBe(true);
  expect(isUpToDate(before, marked)).toBe(false);
  const after = { ...before, annotations: marked.annotations };
  expect(isUpToDate(after, marked)).toBe(true);
  expect(isUpToDate(after, desired(['cri-a', 'cri-b']))).toBe(false);
});

test('a pull secret tells when each of its logins ends, unless somebody wrote nonsense there', () => {
  const b = loginOf('cri-b');
  const later = { ...loginOf('cri-a'), expiresAtMs: Date.parse('2026-01-01T02:00:00Z') };
  const { annotations } = desiredSecret([b, later], 'e', new Set());
  expect(annotations['acr-credential-helper/expires-at']).toBe(
    '2026-01-01T02:00:00.000Z,2026-01-01T01:00:00.000Z',
  );
  const secret = { ...observed([]), annotations };
  const bEndsAtMs = Date.parse('2026-01-01T01:00:00Z');
  expect(Object.fromEntries(expiriesOf(secret))).toEqual({ 'cri-a': later.expiresAtMs, 'cri-b': bEndsAtMs });
  expect(expiriesOf(observed([])).size).toBe(0);
  const withTimes = (times: string) => ({
    ...secret,
    annotations: { ...annotations, 'acr-credential-helper/expires-at': times },
  });
  expect(Object.fromEntries(expiriesOf(withTimes('soon,2026-01-01T01:00:00Z')))).toEqual({
    'cri-b': bEndsAtMs,
  });
  expect(expiriesOf(withTimes('')).size).toBe(0);
});
