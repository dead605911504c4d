import { describe, expect, it } from 'vitest';
import { registrationPatch, type RawWebhookConfiguration, type Registration } from './registration.ts';

const open: Registration = { isOpen: true, failurePolicy: 'Fail', timeoutSeconds: 5, trustPem: 'one' };
const installed: RawWebhookConfiguration = {
  metadata: { name: 'aliyun-acr-credential-helper', resourceVersion: '7' },
  webhooks: [{ name: 'attach.x.svc', clientConfig: {}, failurePolicy: 'Ignore', timeoutSeconds: 10 }],
};
const rules = [
  {
    apiGroups: [''],
    apiVersions: ['v1'],
    operations: ['CREATE', 'UPDATE'],
    resources: ['serviceaccounts'],
    scope: 'Namespaced',
  },
];
const opened: RawWebhookConfiguration = {
  ...installed,
  webhooks: [
    {
      name: 'attach.x.svc',
      clientConfig: { caBundle: btoa('one') },
      failurePolicy: 'Fail',
      timeoutSeconds: 5,
      rules,
    },
  ],
};

const withPods = (...pods: readonly object[]): RawWebhookConfiguration => ({
  ...opened,
  webhooks: [...(opened.webhooks ?? []), ...pods.map((more) => ({ name: 'pods.x.svc', ...more }))],
});
const podRules = [
  {
    apiGroups: [''],
    apiVersions: ['v1'],
    operations: ['CREATE'],
    resources: ['pods'],
    scope: 'Namespaced',
  },
];

describe('the registration', () => {
  it('is opened, with whom to trust, unless somebody has changed it meanwhile', () => {
    expect(registrationPatch(installed, open)).toEqual([
      { op: 'test', path: '/metadata/resourceVersion', value: '7' },
      { op: 'add', path: '/webhooks/0/clientConfig/caBundle', value: btoa('one') },
      { op: 'add', path: '/webhooks/0/failurePolicy', value: 'Fail' },
      { op: 'add', path: '/webhooks/0/timeoutSeconds', value: 5 },
      { op: 'add', path: '/webhooks/0/rules', value: rules },
    ]);
  });

  it('is not written where all is as it should be', () => {
    expect(registrationPatch(opened, open)).toEqual([]);
    expect(registrationPatch({ ...installed, webhooks: [] }, open)).toEqual([]);
  });

  it('is closed by taking its rules away, with which nothing is asked', () => {
    const closed = { ...open, isOpen: false };
    expect(registrationPatch(opened, closed)).toEqual([
      { op: 'test', path: '/metadata/resourceVersion', value: '7' },
      { op: 'add', path: '/webhooks/0/rules', value: [] },
    ]);
  });

  it('leaves whom to trust alone where that is somebody else’s business', () => {
    expect(registrationPatch(opened, { ...open, trustPem: undefined })).toEqual([]);
  });

  it('has Pods asked about where there is a webhook for them, of which none fails or waits for long', () => {
    const asInstalled = { clientConfig: {}, failurePolicy: 'Fail', timeoutSeconds: 10 };
    expect(registrationPatch(withPods(asInstalled), open)).toEqual([
      { op: 'test', path: '/metadata/resourceVersion', value: '7' },
      { op: 'add', path: '/webhooks/1/clientConfig/caBundle', value: btoa('one') },
      { op: 'add', path: '/webhooks/1/failurePolicy', value: 'Ignore' },
      { op: 'add', path: '/webhooks/1/timeoutSeconds', value: 2 },
      { op: 'add', path: '/webhooks/1/rules', value: podRules },
    ]);
  });

  it('has no Pods asked about any more where it is closed', () => {
    const asOpened = {
      clientConfig: { caBundle: btoa('one') },
      failurePolicy: 'Ignore',
      timeoutSeconds: 2,
      rules: podRules,
    };
    expect(registrationPatch(withPods(asOpened), open)).toEqual([]);
    expect(registrationPatch(withPods(asOpened), { ...open, isOpen: false })).toContainEqual({
      op: 'add',
      path: '/webhooks/1/rules',
      value: [],
    });
  });
});
