import { describe, expect, it } from 'vitest';
import { brokenOfficialSamples } from './broken-official-samples.ts';
import { describeProblem } from './problem.ts';
import { readSettings, type SettingsReading } from './read-settings.ts';
import { itemsOf } from './selection.ts';

/** The shapes that the official pages and the installed add-on show, with names of our own; mistakes kept. */
const samples = {
  'the shell that the add-on is installed with': {
    data: {
      'acr-api-version': '2018-12-01',
      'acr-registry-info': '# - instanceId: ""\n#   regionId: "cn-hangzhou"\n#   domains: ""\n',
      'expiring-threshold': '15m',
      'notify-email': 'cs@aliyuncs.com',
      'service-account': 'Default',
      'watch-namespace': 'Default',
    },
    instances: ['personal'],
    namespaces: 'default',
    says: [],
  },
  'an Enterprise instance of the same account': {
    data: {
      'acr-registry-info':
        '- instanceId: "cri-a"                      # the id\n' +
        '  regionId: "cn-hangzhou"                  # the region\n' +
        '  domains: "a-registry.cn-hangzhou.cr.aliyuncs.com"\n',
      'watch-namespace': 'ALL',
      'service-account': '*',
    },
    instances: ['cri-a@cn-hangzhou'],
    namespaces: 'all',
    says: ['watch-namespace takes in kube-system'],
  },
  'instances of two editions and regions': {
    data: {
      'acr-registry-info': `
- instanceId: "cri-a"
  regionId: "cn-hangzhou"
  domains: "a.example,b.example"
- instanceId: ""
  regionId: "cn-shanghai"
`,
      'watch-namespace': 'shop,billing',
    },
    instances: ['cri-a@cn-hangzhou', 'personal@cn-shanghai'],
    namespaces: 'shop,billing',
    says: [],
  },
  'an access key, with an empty id': {
    data: {
      'acr-registry-info':
        '- instanceId: "" # for Enterprise\n  regionId: "cn-hangzhou"\n' +
        '  customAccessKey: "LTAIexample"\n  customAccessKeySecret: "example"\n',
    },
    instances: ['personal@cn-hangzhou'],
    namespaces: 'default',
    says: ['acr-registry-info, entry 1: the access key stands in clear in the ConfigMap'],
  },
  'domains in quotes side by side, which is no YAML': {
    data: {
      'acr-registry-info':
        '- instanceId: "cri-a"\n  regionId: "cn-hangzhou"\n  domains: "a.example","b.example"\n',
    },
    instances: ['cri-a@cn-hangzhou'],
    namespaces: 'default',
    says: ['acr-registry-info, line 3: was read as one list; write domains: "a.example,b.example"'],
  },
  'several ids in one entry, an id’s name in capitals, and the API version of old manifests': {
    data: {
      'acr-api-version': 'v1',
      'acr-registry-info': '- InstanceId: "cri-a,cri-b"\n  expireDuration: 3600\n',
    },
    instances: ['cri-a', 'cri-b'],
    namespaces: 'default',
    says: [
      'acr-api-version is ignored',
      'acr-registry-info, entry 1, line 1: "InstanceId" was read as instanceId',
    ],
  },
  'roles, with RRSA on': {
    data: {
      'acr-registry-info':
        '- instanceId: "cri-a"\n  rrsaRoleARN: "acs:ram::1000000000000001:role/a"\n' +
        '  rrsaOIDCProviderRoleARN: "acs:ram::1000000000000001:oidc-provider/ack-rrsa-b"\n' +
        '  assumeRoleARN: "acs:ram::2000000000000002:role/c"\n  expireDuration: 7200\n',
      rrsa: 'enable: true   # needs a new version\n',
    },
    instances: ['cri-a'],
    namespaces: 'default',
    says: [],
  },
  'the key of 2019': {
    data: { 'acr-registry': 'registry.*.aliyuncs.com,registry-vpc.*.aliyuncs.com' },
    instances: ['personal'],
    namespaces: 'default',
    says: ['acr-registry is an old key and is ignored; use acr-registry-info'],
  },
  'the webhook': {
    data: { 'webhook-configuration': 'enable: true\nfailure-policy: Ignore\ntimeout-seconds: 10\n' },
    instances: ['personal'],
    namespaces: 'default',
    says: [],
  },
  'the configuration that the cluster API takes': {
    data: {
      config:
        '{"AcrInstanceInfo":[{"instanceId":"cri-a","regionId":"cn-hangzhou"}],"enableRRSA":false,' +
        '"expiringThreshold":"15m","serviceAccount":"default","watchNamespace":"shop"}',
    },
    instances: ['cri-a@cn-hangzhou'],
    namespaces: 'shop',
    says: [],
  },
} satisfies Record<string, unknown>;

function said(reading: SettingsReading): readonly string[] {
  return [...reading.problems.map(describeProblem), ...(reading.kind === 'read' ? reading.notices : [])];
}

describe('a sample of the official pages', () => {
  it.each(Object.entries(samples))('is read: %s', (_, { data, instances, namespaces, says }) => {
    const reading = readSettings(data);
    if (reading.kind === 'refused') throw new Error(said(reading).join('\n'));
    expect(reading.settings.instances.map(({ key }) => key)).toEqual(instances);
    expect(itemsOf(reading.settings.scope.namespaces).join(',')).toBe(namespaces);
    expect(said(reading)).toEqual(says.map((text: string) => expect.stringContaining(text) as string));
  });

  it.each(Object.entries(brokenOfficialSamples))(
    'is refused with what to write: %s',
    (_, [data, ...texts]) => {
      const reading = readSettings(data);
      expect(reading.kind).toBe('refused');
      expect(said(reading)).toEqual(texts);
    },
  );
});
