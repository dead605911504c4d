import { describe, expect, it } from 'vitest';
import {
  isWorthRestarting,
  judgePod,
  type ObservedPod,
  type PodOrigin,
  type PullSecretFor,
} from './waiting-pod.ts';

const secretName = 'acr-credential-secret-aggregation';
const image = 'acme-registry.cn-hangzhou.cr.aliyuncs.com/team/app:1';

function accountWith(...names: string[]): PullSecretFor['account'] {
  const imagePullSecrets = names.map((name) => ({ name }));
  return { name: 'default', uid: 'u', resourceVersion: '7', isOptedOut: false, imagePullSecrets };
}

const served: PullSecretFor = {
  account: accountWith('theirs', secretName),
  secretName,
  hosts: new Set(['acme-registry.cn-hangzhou.cr.aliyuncs.com', 'registry.example.com:5000']),
};

function podWith(more: Partial<ObservedPod> = {}): ObservedPod {
  return {
    namespace: 'team-a',
    name: 'app-1',
    uid: 'p',
    resourceVersion: '1',
    serviceAccount: 'default',
    pullSecrets: ['theirs'],
    hasOwnPullSecrets: false,
    images: [{ reference: image, isRefused: true }],
    origin: { kind: 'replaced', uid: 'r' },
    ...more,
  };
}

const pulling = (reference: string, isRefused = true) => podWith({ images: [{ reference, isRefused }] });

describe('a Pod without the pull secret that its account has', () => {
  it('waits in vain for an image of ours', () => {
    expect(judgePod(podWith(), served)).toEqual({ kind: 'waiting', images: [image], cause: 'older' });
  });

  it('waits in vain for as long as its own list says so, and so would its successor', () => {
    expect(judgePod(podWith({ hasOwnPullSecrets: true }), served)).toMatchObject({ cause: 'own list' });
  });

  it('is looked at again while its kubelet has not tried yet', () => {
    expect(judgePod(pulling(image, false), served)).toEqual({ kind: 'undecided' });
  });

  it('is told once of an image that several containers want, and not of those of other registries', () => {
    const images = [image, 'nginx:1', image].map((reference) => ({ reference, isRefused: true }));
    expect(judgePod(podWith({ images }), served)).toMatchObject({ images: [image] });
  });

  it.each([
    'registry.example.com:5000/app',
    'acme-registry.cn-hangzhou.cr.aliyuncs.com:443/team/app@sha256:0',
    'ACME-registry.cn-hangzhou.cr.aliyuncs.com/team/app',
  ])('waits in vain for %s', (reference) => {
    expect(judgePod(pulling(reference), served).kind).toBe('waiting');
  });

  it.each([
    'nginx',
    'library/nginx:1',
    'registry.example.com/app',
    'acme-registry.cn-hangzhou.cr.aliyuncs.com',
    'mirror.example.com/acme-registry.cn-hangzhou.cr.aliyuncs.com/team/app',
  ])('has no use for it with %s', (reference) => {
    expect(judgePod(pulling(reference), served)).toEqual({ kind: 'unconcerned' });
  });
});

it('is no concern of ours where the account is not attached, or where the Pod is', () => {
  expect(judgePod(podWith(), { ...served, account: accountWith('theirs') }).kind).toBe('unconcerned');
  expect(judgePod(podWith({ pullSecrets: ['theirs', secretName] }), served).kind).toBe('unconcerned');
});

it.each<[PodOrigin, boolean]>([
  [{ kind: 'replaced', uid: 'r' }, true],
  [{ kind: 'counted' }, false],
  [{ kind: 'static' }, false],
  [{ kind: 'bare' }, false],
])('is restarted only where something makes it anew, and counts no failure: %j', (origin, expected) => {
  expect(isWorthRestarting(podWith({ origin }), 'older')).toBe(expected);
  expect(isWorthRestarting(podWith({ origin }), 'own list')).toBe(false);
});
