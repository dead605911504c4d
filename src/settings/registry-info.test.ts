import { describe, expect, it } from 'vitest';
import { describeProblem } from './problem.ts';
import { readRegistryInfo } from './registry-info.ts';
import type { Instance } from './settings.ts';
import { readYaml } from './yaml-value.ts';

function read(text: string, isRrsaOn = false) {
  const reading = readRegistryInfo({ key: 'acr-registry-info', yaml: () => readYaml(text) }, isRrsaOn);
  const problems = reading.problems.map(describeProblem);
  if (reading.kind === 'refused') return { instances: [], problems, notices: [], refusedEntries: [] };
  return { ...reading, problems };
}

const role = 'acs:ram::1000000000000001:role/cluster';
const provider = 'acs:ram::1000000000000001:oidc-provider/ack-rrsa-c1';

function personal(more: Partial<Instance> = {}): Instance {
  return {
    key: 'personal',
    edition: { kind: 'personal' },
    regionId: undefined,
    domains: undefined,
    identity: { kind: 'node-role' },
    ...more,
  };
}

function enterprise(instanceId: string, more: Partial<Instance> = {}): Instance {
  return personal({ key: instanceId, edition: { kind: 'enterprise', instanceId }, ...more });
}

function rolesWithProviderOf(uid: string): string {
  return `rrsaRoleARN: acs:ram::1000000000000001:role/r, rrsaOIDCProviderRoleARN: acs:ram::${uid}:oidc-provider/p`;
}

describe('acr-registry-info as the official pages write it', () => {
  it.each<[string, string, Instance[]]>([
    ['nothing', '', [personal()]],
    ['only comments', '# - instanceId: ""\n', [personal()]],
    ['Personal Edition of the cluster’s region', '- instanceId: ""\n', [personal()]],
    [
      'an Enterprise instance and Personal Edition elsewhere',
      '- instanceId: "cri-a"\n  regionId: "cn-hangzhou"\n- instanceId: ""\n  regionId: "cn-shanghai"\n',
      [
        enterprise('cri-a', { key: 'cri-a@cn-hangzhou', regionId: 'cn-hangzhou' }),
        personal({ key: 'personal@cn-shanghai', regionId: 'cn-shanghai' }),
      ],
    ],
    [
      'a field that is there and empty',
      '- instanceId: cri-a\n  regionId:\n  domains: ""\n  assumeRoleARN: ""\n  expireDuration: 3600\n  rrsaRoleARN: ""\n',
      [enterprise('cri-a')],
    ],
    [
      'several ids in one entry',
      '- instanceId: "cri-a, cri-b,,"\n',
      [enterprise('cri-a'), enterprise('cri-b')],
    ],
    [
      'JSON, as the console shows it',
      '[{"instanceId":"cri-a","regionId":"","expireDuration":"3600"},{"instanceId":""}]',
      [enterprise('cri-a'), personal()],
    ],
    [
      'custom domains, in a fixed order',
      '- instanceId: cri-a\n  domains: "b.example:5000, A.example,b.example:5000"\n',
      [enterprise('cri-a', { domains: ['a.example', 'b.example:5000'] })],
    ],
    [
      'domains as a YAML list',
      '- instanceId: cri-a\n  domains:\n    - b.example\n    - a.example\n',
      [enterprise('cri-a', { domains: ['a.example', 'b.example'] })],
    ],
  ])('is read: %s', (_, text, instances) => {
    expect(read(text)).toMatchObject({ instances, problems: [], notices: [] });
  });

  it('is read where it sets several quoted domains side by side, which is no YAML, and says how to write them', () => {
    const text = '- instanceId: cri-a # mine\n  domains: "b.example","a.example" # both\n- instanceId: ""\n';
    expect(read(text)).toMatchObject({
      instances: [enterprise('cri-a', { domains: ['a.example', 'b.example'] }), personal()],
      notices: ['acr-registry-info, line 2: was read as one list; write domains: "b.example,a.example"'],
      problems: [],
    });
  });

  it.each([
    ['deeper than the first', '- instanceId: "cri-a"\n    regionId: "cn-hangzhou"\n', 2, '4 spaces'],
    ['less deep than the first', '- instanceId: "cri-a"\n regionId: "cn-hangzhou"\n', 2, '1 space'],
    ['at the dash', '- instanceId: "cri-a"\nregionId: "cn-hangzhou"\n', 2, 'no spaces'],
    ['a third time deeper', '- instanceId: cri-a\n  regionId: cn-a\n   domains: a.example\n', 3, '3 spaces'],
  ])('says which line begins at which column where a field stands %s', (_, text, line, spaces) => {
    expect(read(text).problems).toEqual([
      expect.stringMatching(
        new RegExp(
          `^acr-registry-info, line ${line}: found ${spaces} before \\w+; begin the line with 2 spaces,`,
        ),
      ),
    ]);
  });

  it.each([
    ['no colon', '- instanceId: cri-a\n  regionId cn-a\n', 2, 'regionId without a colon; write regionId: …'],
    ['no colon, first', '- instanceId cri-a\n  regionId: cn-a\n', 1, 'instanceId without a colon; write'],
    ['no value', '- instanceId: cri-a\n  regionId\n', 2, 'regionId without a colon; write regionId: …'],
    ['an equals sign', '- instanceId: cri-a\n  RegionID = cn-a\n', 2, 'regionId without a colon; write'],
    ['a wide colon', '- instanceId：cri-a\n  regionId: cn-a\n', 1, 'instanceId without a colon; write'],
    [
      'no space',
      '- instanceId:cri-a\n  regionId: cn-a\n',
      1,
      'instanceId without a space after its colon; write a space after the colon: instanceId: …',
    ],
    ['a tab', '- instanceId: cri-a\n\tregionId: cn-a\n', 2, 'a tab at the beginning of a line; write spaces'],
    ['a tab behind spaces', '# a\n\t# b\n- instanceId: cri-a\n \tregionId: cn-a\n', 4, 'a tab at the'],
    [
      'a tab in a later entry',
      '- instanceId: cri-a\n-\tinstanceId: cri-b\n\tregionId: cn-a',
      2,
      'a tab at the',
    ],
    [
      'an open quote',
      '- instanceId: cri-a\n  regionId: "cn-a\n  domains: a\n- instanceId: ""\n',
      2,
      'a quote',
    ],
    ['a quote that another one ends', '- instanceId: "cri-a\n  regionId: "cn-a"\n', 1, 'a quote without'],
    ['an open single quote', "- instanceId: 'cri-a # id\n  regionId: cn-a\n\n", 1, 'a quote without'],
    ['an open quote in JSON', '[\n\t{"instanceId": "cri-a,\n\t "regionId": "cn-a"}\n]', 2, 'a quote without'],
    ['an open bracket', '[\n\t{"instanceId": "cri-a"}\n\n', 2, 'no closing quote or bracket'],
    [
      'no comma in JSON',
      '[\n\t{"instanceId": "cri-a"\n\t "regionId": ""}\n]',
      3,
      'no closing quote or bracket, or no comma',
    ],
  ])('says which line it is where one has %s', (_, text, line, found) => {
    expect(read(text).problems).toEqual([
      expect.stringContaining(`acr-registry-info, line ${line}: found ${found}`),
    ]);
  });

  it('says which dash stands wrong', () => {
    expect(read('  - instanceId: cri-a\n - instanceId: cri-b\n').problems).toEqual([
      'acr-registry-info, line 2: found 1 space before the dash of an entry; begin the line with 2 spaces, ' +
        'so that it stands under the dash of the first entry',
    ]);
  });
});

describe('acr-registry-info that cannot be used at all', () => {
  it.each([
    ['one entry without a dash', 'instanceId: cri-a', 'begin each entry with a dash'],
    ['a text', 'cri-a', 'write a list of entries'],
    ['an empty list', '[]', 'list an instance, or remove the key'],
    ['an open quote', '- instanceId: "cri-a', 'write the missing quote'],
    ['an open bracket', '[{"instanceId": "cri-a"', 'write the missing quote, bracket or comma'],
    [
      'an open bracket in a list',
      '- {instanceId: cri-a\n- instanceId: ""\n',
      'write the missing quote, bracket',
    ],
    ['a line that is no field', '- instanceId: cri-a\n  owner me\n', 'found a line without a colon'],
    ['an unknown line', '- instanceId: cri-a\n  owner me\n  regionId: cn-a', 'found a line without a colon'],
    ['a tab', '-\tinstanceId: cri-a\n\tregionId: cn-a', 'spaces'],
    ['a tag', '- instanceId: !cri-a', 'put the value in quotes'],
    ['an anchor’s reference', '- &one {instanceId: cri-a}\n- *one', 'write the value itself'],
    ['two documents', '- instanceId: cri-a\n---\n- instanceId: cri-b', 'put everything into one list'],
    [
      'a comma behind a quote',
      '- instanceId: "cri-a"\n  regionId: "cn-a",',
      'nothing behind the closing quote',
    ],
  ])('is refused with what to write: %s', (_, text, fix) => {
    expect(read(text)).toMatchObject({ instances: [], problems: [expect.stringContaining(fix)] });
  });
});

describe('an entry', () => {
  it.each([
    ['no fields', '- cri-a', 'write its fields, as in - instanceId: "cri-…"'],
    ['nothing', '-', 'write its fields'],
    ['one field and no colon', '- instanceId cri-a', 'found instanceId without a colon; write instanceId: …'],
    ['one field and no space', '- instanceId:cri-a', 'write a space after the colon: instanceId: …'],
    [
      'a field and no space',
      '- {instanceId: cri-a, regionId:cn-a}',
      'write a space after the colon: regionId: …',
    ],
    [
      'a field that goes on',
      '- instanceId: cri-a\n    regionId cn-a',
      'write each field on a line of its own',
    ],
    [
      'an id that is none',
      '- instanceId: acme',
      'write the id of an Enterprise instance as the console shows it',
    ],
    ['an id in capitals', '- instanceId: CRI-A', 'write it in lower case: "cri-a"'],
    ['a new Personal Edition instance', '- instanceId: crpi-a', 'pull secret with the fixed password'],
    ['a region that is none', '- regionId: "China (Hangzhou)"', 'write a region id such as cn-hangzhou'],
    ['a zone', '- regionId: cn-hangzhou-i', 'write cn-hangzhou, the region of this zone'],
    ['two regions', '- regionId: cn-a,cn-b', 'an entry of its own for each further region'],
    ['a URL as a domain', '- domains: https://a.example/v2/', 'write the host alone: "a.example"'],
    ['a wildcard domain', '- domains: registry.*.aliyuncs.com', 'list each host by its full name'],
    ['a duration with a unit', '- expireDuration: 1h', 'write whole seconds from 3600 to 43200'],
    ['a duration too short', '- expireDuration: 3599', 'write whole seconds from 3600 to 43200'],
    ['a duration too long', '- expireDuration: "43201"', 'write whole seconds from 3600 to 43200'],
    ['a field twice', '- regionId: cn-a\n  regionId: cn-b', 'remove one, or begin a new entry with a dash'],
    ['a nested value', '- regionId: {name: cn-a}', 'write one text behind regionId:'],
    ['half an access key', '- customAccessKey: id', 'write customAccessKeySecret too'],
    ['the other half', '- customAccessKeySecret: secret', 'write customAccessKey too'],
    [
      'two access keys',
      '- {customAccessKey: a, customAccessKeySecret: b, accessKeySecretRef: c}',
      'keep accessKeySecretRef',
    ],
    ['a reference that is no name', '- accessKeySecretRef: My Secret', 'write the name of a Secret'],
    ['a role to assume, and no id', `- assumeRoleARN: ${role}`, 'remove the role (assumeRoleARN)'],
    [
      'a role that is none',
      '- {instanceId: cri-a, assumeRoleARN: acme}',
      'write the whole ARN of a RAM role',
    ],
    [
      'a provider as a role',
      `- {instanceId: cri-a, assumeRoleARN: "${provider}"}`,
      'write that of a RAM role',
    ],
    [
      'half an account',
      '- {instanceId: cri-a, assumeRoleARN: acs:ram::1:role/x}',
      'the whole ARN of a RAM role',
    ],
    ['a misspelt instanceId', '- instanceld: cri-a', 'write instanceId'],
    [
      'an unknown field and no instanceId',
      '- registry: cri-a',
      'write instanceId: "cri-…", or "" for Personal',
    ],
    ['a misspelt identity', '- accessKeySecretReff: key', 'write accessKeySecretRef'],
  ])('with %s is refused with what to write, and the others are used', (_, text, fix) => {
    const { instances, problems } = read(`- instanceId: cri-good\n${text}\n`);
    expect(instances).toEqual([enterprise('cri-good')]);
    expect(problems).toEqual([expect.stringContaining(fix)]);
    expect(problems).toEqual([expect.stringMatching(/^acr-registry-info, entry 2, line [23]: found /)]);
  });

  it.each([
    ['a role to assume', '  assumeRoleARN: x'],
    ['an RRSA role', '  rrsaRoleARN: x'],
    ['an RRSA provider', '  rrsaOIDCProviderRoleARN: x'],
    ['half an access key', '  customAccessKey: x'],
    ['the other half', '  customAccessKeySecret: x'],
    ['a reference that is no name', '  accessKeySecretRef: X'],
    ['an access key beside a reference', '  customAccessKey: x\n  accessKeySecretRef: key'],
    ['a session too short', '  expireDuration: 1'],
  ])('with %s is refused on the line of that field', (_, field) => {
    const { problems } = read(`- instanceId: cri-a\n  regionId: cn-a\n${field}\n  domains: a.example\n`);
    expect(problems).toEqual([expect.stringMatching(/^acr-registry-info, entry 1, line 3: found /)]);
  });

  it('about the same instance as another one names both, and the first is used', () => {
    const text = '- instanceId: cri-a\n- instanceId: cri-b,cri-a\n- {instanceId: cri-a, regionId: cn-a}\n';
    const { instances, problems } = read(text);
    expect(instances.map(({ key }) => key)).toEqual(['cri-a', 'cri-b', 'cri-a@cn-a']);
    expect(problems).toEqual([
      'acr-registry-info, entry 2: found cri-a, which entry 1 has already; remove it from entry 1 or from ' +
        'entry 2; until then entry 1 is used',
    ]);
  });

  it('with an access key in clear is used, with the advice to put it into a Secret', () => {
    const { instances, notices } = read(
      '- {instanceId: cri-a, customAccessKey: LTAI, customAccessKeySecret: 0123}',
    );
    const [{ identity } = personal()] = instances;
    expect(identity).toMatchObject({ kind: 'inline-access-key', accessKeyId: 'LTAI' });
    expect(identity.kind === 'inline-access-key' && identity.accessKeySecret.reveal()).toBe('0123');
    expect(notices).toEqual([expect.stringContaining('accessKeySecretRef: <name of the Secret>')]);
  });

  it('with a reference to an access key is used as it is', () => {
    const { instances, notices } = read('- {instanceId: cri-a, accessKeySecretRef: alibaba-addon-secret}');
    const identity = { kind: 'access-key-secret', secretName: 'alibaba-addon-secret' } as const;
    expect(instances).toEqual([enterprise('cri-a', { identity })]);
    expect(notices).toEqual([]);
  });

  it('with unknown fields is used, and the nearest known name is told', () => {
    const { instances, notices } = read('- instanceID: cri-a\n  domain: a.example\n  owner: me\n');
    expect(instances).toEqual([enterprise('cri-a')]);
    expect(notices).toEqual([
      'acr-registry-info, entry 1, line 1: "instanceID" was read as instanceId',
      'acr-registry-info, entry 1, line 2: "domain" is no known field and is ignored; did you mean domains?',
      'acr-registry-info, entry 1, line 3: "owner" is no known field and is ignored',
    ]);
  });

  it('without an instanceId is told what that stands for, unless it is the only one', () => {
    const personalElsewhere = personal({ key: 'personal@cn-a', regionId: 'cn-a' });
    expect(read('- instanceId: cri-a\n- regionId: cn-a\n')).toMatchObject({
      instances: [enterprise('cri-a'), personalElsewhere],
      notices: [
        'acr-registry-info, entry 2: no instanceId, which stands for Personal Edition; write instanceId: "" to ' +
          'say so, or remove the dash if its fields belong to the entry before',
      ],
    });
    expect(read('- regionId: cn-a\n')).toMatchObject({ instances: [personalElsewhere], notices: [] });
  });

  it('with a session duration but no role is told that it has no effect', () => {
    expect(read('- {instanceId: cri-a, expireDuration: 7200}').notices).toEqual([
      'acr-registry-info, entry 1: expireDuration is for the sessions of roles and has no effect on this entry',
    ]);
  });
});

describe('while rrsa is on', () => {
  it.each([
    ['half a pair', `rrsaRoleARN: "${role}"`, 'write rrsaOIDCProviderRoleARN too'],
    ['the other half', `rrsaOIDCProviderRoleARN: "${provider}"`, 'write rrsaRoleARN too'],
    [
      'the two mixed up',
      `rrsaRoleARN: "${provider}", rrsaOIDCProviderRoleARN: "${role}"`,
      'write that of a RAM role',
    ],
    [
      'a role in the provider’s place',
      `rrsaRoleARN: "${role}", rrsaOIDCProviderRoleARN: "${role}"`,
      'write that of an OIDC provider',
    ],
  ])('an entry with %s is refused with what to write, and the others are used', (_, fields, fix) => {
    const { instances, problems } = read(`- instanceId: cri-a\n- {instanceId: cri-b, ${fields}}\n`, true);
    expect(instances.map(({ key }) => key)).toEqual(['cri-a']);
    expect(problems).toEqual([expect.stringContaining(fix)]);
  });

  it('ARNs may be of accounts with other than 16 digits', () => {
    const arn = 'acs:ram::30123456:role/owner';
    const { instances } = read(`- {instanceId: cri-a, assumeRoleARN: "${arn}"}`);
    expect(instances[0]?.identity).toMatchObject({ kind: 'assumed-role', roleArn: arn });
  });

  it('ARNs may have blank space and quotes around them', () => {
    const text = `- {instanceId: cri-a, rrsaRoleARN: ' "${role}" ', rrsaOIDCProviderRoleARN: "‘${provider}’"}`;
    const [{ identity } = personal()] = read(text, true).instances;
    expect(identity).toMatchObject({ role: { roleArn: role, oidcProviderArn: provider } });
  });

  it('what is no ARN is not quoted, since it could be a key', () => {
    const { problems } = read('- {instanceId: cri-a, assumeRoleARN: example-of-a-key}', true);
    expect(problems.join()).not.toContain('example-of-a-key');
  });

  it('Personal Edition by default is asked for by the node’s role, and that is told', () => {
    const { instances, notices } = read('', true);
    expect(instances).toEqual([personal()]);
    expect(notices).toEqual([expect.stringContaining('there is no RRSA for Personal Edition')]);
  });

  it('a role and a provider of different accounts are accepted, and that is told', () => {
    expect(read(`- {instanceId: cri-a, ${rolesWithProviderOf('1000000000000001')}}`, true).notices).toEqual(
      [],
    );
    expect(read(`- {instanceId: cri-a, ${rolesWithProviderOf('2000000000000002')}}`, true).notices).toEqual([
      expect.stringContaining(
        'rrsaRoleARN is of account 1000000000000001 and rrsaOIDCProviderRoleARN of 2000000000000002',
      ),
    ]);
  });
});
