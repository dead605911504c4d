import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitrarySettings } from './arbitrary-settings.ts';
import { describeProblem } from './problem.ts';
import { readSettings, type SettingsReading } from './read-settings.ts';
import { everything, itemsOf, nothing } from './selection.ts';
import { ownIdentityOf, type IdentityChoice, type Settings } from './settings.ts';
import { webhookText } from './switches.ts';

function said(reading: SettingsReading): readonly string[] {
  return [...reading.problems.map(describeProblem), ...(reading.kind === 'read' ? reading.notices : [])];
}

const defaultSettings: Settings = {
  instances: [
    {
      key: 'personal',
      edition: { kind: 'personal' },
      regionId: undefined,
      domains: undefined,
      identity: { kind: 'node-role' },
    },
  ],
  scope: {
    namespaces: { included: { ...nothing, names: new Set(['default']) }, excluded: nothing },
    serviceAccounts: { included: { ...nothing, names: new Set(['default']) }, excluded: nothing },
  },
  renewBeforeMs: 900_000,
  notifyEmail: 'cs@aliyuncs.com',
  webhook: { isEnabled: undefined, failurePolicy: 'Ignore', timeoutSeconds: 10 },
};

const role = 'acs:ram::1000000000000001:role/cluster';
const provider = 'acs:ram::1000000000000001:oidc-provider/ack-rrsa-c1';

describe('the settings', () => {
  it.each<[string, Record<string, string>]>([
    ['empty', {}],
    ['blank', { 'acr-registry-info': ' \n', 'watch-namespace': '', rrsa: '' }],
  ])('are the defaults where the ConfigMap is %s', (_, data) => {
    expect(readSettings(data)).toMatchObject({
      kind: 'read',
      settings: defaultSettings,
      isBlank: true,
      problems: [],
    });
    expect(said(readSettings(data))).toEqual([]);
  });

  it('follow every key of the official add-on’s ConfigMap', () => {
    const reading = readSettings({
      'acr-api-version': '2018-12-01',
      'acr-registry-info': '- instanceId: "cri-a"\n  regionId: "cn-hangzhou"\n',
      'watch-namespace': 'all,!kube-system',
      'service-account': '*',
      'expiring-threshold': '1h30m',
      'notify-email': 'ops@example.com',
      rrsa: 'enable: false',
      'webhook-configuration': 'enable: true\nfailure-policy: Fail\ntimeout-seconds: 15\n',
    });
    expect(reading).toMatchObject({
      kind: 'read',
      isBlank: false,
      settings: {
        instances: [{ key: 'cri-a@cn-hangzhou' }],
        scope: {
          namespaces: { included: everything, excluded: { names: new Set(['kube-system']) } },
          serviceAccounts: { included: everything, excluded: nothing },
        },
        renewBeforeMs: 5_400_000,
        notifyEmail: 'ops@example.com',
        webhook: { isEnabled: true, failurePolicy: 'Fail', timeoutSeconds: 15 },
      },
    });
    expect(said(reading)).toEqual([]);
  });

  it.each<[string, Record<string, string>, string]>([
    ['a threshold without a unit', { 'expiring-threshold': '15' }, 'write 15m for minutes'],
    ['a namespace that cannot be', { 'watch-namespace': 'Shop' }, 'write it in lower case: shop'],
    ['an account’s label', { 'service-account': 'label:team' }, 'labels select namespaces only'],
    ['no YAML', { 'acr-registry-info': '- "' }, 'write the missing quote'],
    [
      'no usable entry',
      { 'acr-registry-info': '- instanceId: acme' },
      'write the id of an Enterprise instance',
    ],
    ['rrsa as a bare word', { rrsa: 'true' }, 'write enable: true'],
    ['rrsa that says neither', { rrsa: 'enable: yes' }, 'write enable: true or enable: false'],
    ['a misspelt switch', { rrsa: 'enabled: true' }, 'write enable'],
    [
      'a misspelt switch alone, and not for the roles that need it on',
      {
        rrsa: 'enabled: true',
        'acr-registry-info': `- {instanceId: cri-a, rrsaRoleARN: ${role}, rrsaOIDCProviderRoleARN: ${provider}}`,
      },
      'write enable',
    ],
    [
      'a wrong policy of the webhook',
      { 'webhook-configuration': 'enable: true\nfailure-policy: fial' },
      'webhook-configuration, line 2: found failure-policy "fial"; write failure-policy: Ignore or',
    ],
    [
      'a wrong time of the webhook',
      { 'webhook-configuration': 'timeout-seconds: 31' },
      'seconds from 1 to 30',
    ],
    ['a webhook that says neither', { 'webhook-configuration': 'enable: maybe' }, 'write enable: true or'],
    ['a misspelt key that decides', { 'watch-namespaces': 'all' }, 'write watch-namespace'],
  ])('are refused for %s', (_, data, fix) => {
    const reading = readSettings(data);
    expect(reading.kind).toBe('refused');
    expect(said(reading)).toEqual([expect.stringContaining(fix)]);
  });

  it.each<[string, string, string]>([
    ['all', 'all', 'takes in kube-system, where'],
    ['a pattern', 'kube-*', 'takes in kube-system, where'],
    ['labels', 'label:kubernetes.io/metadata.name', 'takes in kube-system, where'],
    ['names', 'shop,kube-public,kube-node-lease', 'takes in kube-public, kube-node-lease, where'],
  ])('hold with a warning where %s would reach the system’s namespaces', (_, watched, text) => {
    const reading = readSettings({ 'watch-namespace': watched });
    expect(reading.kind).toBe('read');
    expect(said(reading)).toEqual([expect.stringContaining(text)]);
    expect(said(reading)).toEqual([expect.stringContaining('as in all,!kube-system')]);
  });

  it('hold without a warning for everything but kube-system', () => {
    expect(said(readSettings({ 'watch-namespace': 'all,!kube-system' }))).toEqual([]);
  });

  it.each<[string, Record<string, string>, string]>([
    [
      'a blank key',
      { 'watch-namespace': ' ', 'service-account': 'default' },
      'watch-namespace is blank: its default, default, is used',
    ],
    [
      'blank instances',
      { 'acr-registry-info': '\n', 'service-account': 'default' },
      'acr-registry-info is blank: its default, - instanceId: "", is used',
    ],
    [
      'a blank name of a document',
      { config: '{"watchNamespace": "", "serviceAccount": "default"}' },
      'config.watchNamespace is blank: its default, default, is used',
    ],
    ['an API version', { 'acr-api-version': 'v1' }, 'acr-api-version is ignored'],
    [
      'the official add-on’s tokenMode',
      { tokenMode: 'workerRole' },
      'tokenMode is ignored: each entry names its own',
    ],
    ['its tokenMode in a document', { config: '{"tokenMode": "auto"}' }, 'each entry names its own identity'],
    ['the key of 2019', { 'acr-registry': 'registry.*.aliyuncs.com' }, 'use acr-registry-info'],
    ['an unknown key', { owner: 'me' }, '"owner" is no known key and is ignored'],
    ['a misspelt key', { 'notify-mail': 'me' }, 'did you mean notify-email?'],
    [
      'an unknown field of rrsa',
      { rrsa: 'enable: "False"\nrole: x' },
      'rrsa, line 2: "role" is no known field',
    ],
  ])('hold beside %s, with a word about it', (_, data, text) => {
    const reading = readSettings(data);
    expect(reading).toMatchObject({ kind: 'read', settings: defaultSettings });
    expect(said(reading)).toEqual([expect.stringContaining(text)]);
  });
});

const marks = fc.constantFrom(...' -\n:"\',[]{}#&*!|\t'.split(''));
const breaks = fc.constantFrom('\n- ', '\n  ', ': ', '---\n', '|\n', '<<: *a');
const names = fc.constantFrom(
  ...'instanceId regionId domains customAccessKey enable true cri-a 15m 0 all'.split(' '),
);
const words = fc.oneof(marks, breaks, names);
const texts = fc.oneof(
  fc.string(),
  fc.array(words, { maxLength: 30 }).map((parts) => parts.join('')),
  fc.json(),
);
const anyKeys = fc.oneof(
  fc.constantFrom('acr-registry-info', 'watch-namespace', 'service-account', 'expiring-threshold'),
  fc.constantFrom('AcrInstanceInfo', 'enableRRSA', 'watchNamespace', 'config'),
  fc.constantFrom(
    'notify-email',
    'rrsa',
    'webhook-configuration',
    'acr-api-version',
    '__proto__',
    'toString',
  ),
  fc.string(),
);

describe('whatever the ConfigMap holds', () => {
  it('is read or refused with reasons, each with what to write', () => {
    fc.assert(
      fc.property(fc.dictionary(anyKeys, texts, { maxKeys: 4 }), (data) => {
        const reading = readSettings(data);
        const instances = reading.kind === 'read' ? reading.settings.instances : [];
        expect(reading.kind === 'refused' ? reading.problems.length : instances.length).toBeGreaterThan(0);
        expect(new Set(instances.map(({ key }) => key)).size).toBe(instances.length);
        for (const { found, fix } of reading.problems) expect([found, fix]).not.toContain('');
        for (const line of said(reading)) expect(line).not.toContain('\n');
      }),
      { numRuns: 300 },
    );
  });

  it('is read in a reasonable time', () => {
    const deep = { 'acr-registry-info': '['.repeat(50_000), rrsa: '- '.repeat(5_000) };
    expect(readSettings(deep).kind).toBe('refused');
    const quotes = { 'acr-registry-info': `- domains: ${'"a",'.repeat(20_000)}"` };
    expect(readSettings(quotes).kind).toBe('refused');
  });

  it.each([
    '- {instanceId: cri-a, customAccessKeySecret:canary}',
    '- {instanceId: cri-a, customAccessKeySecrets:canary}',
    '- {instanceId: cri-a, customAccessKeySecret canary}',
    '- customAccessKeySecret:canary',
    '- instanceId: cri-a\n    customAccessKeySecret canary\n',
    '- instanceId: cri-a\n  domains:\n    - a.example\n      customAccessKey:canary\n',
    '- instanceId: "cri-a\n  customAccessKeySecret: "canary"\n',
  ])('shows no access key that has no colon and space before it: %s', (text) => {
    const words = said(readSettings({ 'acr-registry-info': text }));
    expect(words).not.toEqual([]);
    expect(words.join('\n')).not.toContain('canary');
  });

  it('shows no access key, also where the YAML around it is broken', () => {
    const canary = 'LTAIcanaryKEY0123456789';
    const keys = fc.constantFrom('acr-registry-info', 'AcrInstanceInfo', 'config');
    const fields = fc.constantFrom('customAccessKey', 'customAccessKeySecret', 'accessKeySecretRef');
    const between = fc.constantFrom(': ', ':', ' ', ' = ', 's:', ': "', '\n    ');
    const around = fc.array(words, { maxLength: 8 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(keys, fc.tuple(around, between, around), fields, (key, [before, colon, after], field) => {
        const text = `- instanceId: cri-a\n  ${field}${colon}${canary}${after}\n${before}`;
        const reading = readSettings({ [key]: text });
        expect(said(reading).join('\n')).not.toContain(canary);
        expect(JSON.stringify(reading.kind === 'refused' ? reading : reading.problems)).not.toContain(canary);
      }),
      { numRuns: 300 },
    );
  });
});

function writtenIdentity(identity: IdentityChoice): Record<string, string | number> {
  switch (identity.kind) {
    case 'node-role':
      return {};
    case 'access-key-secret':
      return { accessKeySecretRef: identity.secretName };
    case 'inline-access-key': {
      const { accessKeyId, accessKeySecret } = identity;
      return { customAccessKey: accessKeyId, customAccessKeySecret: accessKeySecret.reveal() };
    }
    case 'rrsa': {
      const { role, sessionSeconds: expireDuration } = identity;
      if (role === undefined) return { expireDuration };
      const { roleArn: rrsaRoleARN, oidcProviderArn: rrsaOIDCProviderRoleARN } = role;
      return { expireDuration, rrsaRoleARN, rrsaOIDCProviderRoleARN };
    }
    case 'assumed-role': {
      const { roleArn: assumeRoleARN, sessionSeconds: expireDuration, from } = identity;
      return { ...writtenIdentity(from), assumeRoleARN, expireDuration };
    }
  }
}

function written({
  instances,
  scope,
  renewBeforeMs,
  notifyEmail,
  webhook,
}: Settings): Record<string, string> {
  const entries = instances.map(({ edition, regionId, domains, identity }) => ({
    instanceId: edition.kind === 'personal' ? '' : edition.instanceId,
    regionId: regionId ?? '',
    domains: domains?.join(',') ?? '',
    ...writtenIdentity(identity),
  }));
  const hasRrsa = instances.some(({ identity }) => ownIdentityOf(identity).kind === 'rrsa');
  return {
    rrsa: `enable: ${hasRrsa}`,
    'acr-registry-info': JSON.stringify(entries),
    'watch-namespace': itemsOf(scope.namespaces).join(','),
    'service-account': itemsOf(scope.serviceAccounts).join(','),
    'expiring-threshold': `${renewBeforeMs}ms`,
    'notify-email': notifyEmail,
    'webhook-configuration': webhookText(webhook),
  };
}

describe('settings that are written out', () => {
  it('are read back as they were', () => {
    fc.assert(
      fc.property(arbitrarySettings, (wanted) => {
        const reading = readSettings(written(wanted));
        expect(reading).toMatchObject({ kind: 'read', problems: [] });
        expect(reading.kind === 'read' && reading.settings).toEqual(wanted);
      }),
    );
  });
});
