import { describe, expect, it } from 'vitest';
import { registrationPatch, type RawWebhookConfiguration, type Registration } from './registration.ts';

const open: Registration = { isOpen: true, failurePolicy: 'Fail', timeoutSeconds: 5, trustPem: 'one' };
const installed: RawWebhookConfiguration = {
  metadata: { name: 'aliyun-acr-credential-helper', resourceVersion: '7' },
  webhooks: [{ clientConfig: {}, failurePolicy: 'Ignore', timeoutSeconds: 10 }],
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
  webhooks: [{ clientConfig: { caBundle: btoa('one') }, failurePolicy: 'Fail', timeoutSeconds: 5, rules }],
};

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
});
