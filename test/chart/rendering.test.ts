import { readFileSync } from 'node:fs';
import type {
  KubernetesObject,
  V1ClusterRole,
  V1ConfigMap,
  V1Deployment,
  V1PolicyRule,
} from '@kubernetes/client-node';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { chartValues, chartValuesSchema } from '../../docs/chart-values.ts';
import { arbitrarySettings } from '../../src/settings/arbitrary-settings.ts';
import { readSettings } from '../../src/settings/read-settings.ts';
import { consoleNames, dataKeys, type Parameter } from '../../src/settings/schema.ts';
import { readWrittenRights } from '../integration/written-rights.ts';
import { addOnObjects } from '../real-parts/add-on-account.ts';
import { chart, helmVersions, isHook, lint, render } from '../real-parts/helm.ts';
import { chartForms } from './chart-forms.ts';
import { valuesFor } from './values-for.ts';

type Values = Record<string, unknown>;

async function rendered<T extends KubernetesObject>(kind: string, values: Values): Promise<readonly T[]> {
  const objects = await render('helm3', values);
  return objects.filter((object): object is T => object.kind === kind && !isHook(object));
}

async function renderedData(values: Values): Promise<Readonly<Record<string, string>>> {
  const [configMap] = await rendered<V1ConfigMap>('ConfigMap', values);
  return configMap?.data ?? {};
}

interface FoundRule {
  /** The role's namespace, or `everywhere`. */
  readonly place: string;
  readonly rule: V1PolicyRule;
}

async function foundRules(values: Values): Promise<readonly FoundRule[]> {
  const roles = await Promise.all(
    ['Role', 'ClusterRole'].map((kind) => rendered<V1ClusterRole>(kind, values)),
  );
  return roles.flat().flatMap(({ metadata, rules = [] }) => {
    const place = metadata?.namespace ?? 'everywhere';
    return rules.map((rule) => ({ place, rule }));
  });
}

async function imageOf(image: Values): Promise<string | undefined> {
  const [deployment] = await rendered<V1Deployment>('Deployment', { image });
  return deployment?.spec?.template.spec?.containers[0]?.image;
}

const valuesFile = (name: string) => readFileSync(`${chart}/${name}`, 'utf8');

describe.each(helmVersions)('the chart, by %s', (version) => {
  it.each(Object.entries(chartForms))('is without reproach and renders: %s', async (_, values) => {
    expect(await lint(version, values)).toContain('0 chart(s) failed');
    const kinds = (await render(version, values)).map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['Deployment', 'ServiceAccount', 'ClusterRole', 'Role']));
  });

  it.each<[string, Values, readonly string[]]>([
    ['a wrong name', { watchNamespaces: 'all' }, ['watchNamespaces', 'not allowed']],
    ['a wrong field of an entry', { AcrInstanceInfo: [{ instanceID: 'cri-a' }] }, ['instanceID']],
    ['no duration', { expiringThreshold: '15' }, ['expiringThreshold', 'pattern']],
    ['no instance’s id', { AcrInstanceInfo: [{ instanceId: 'crpi-a' }] }, ['instanceId', 'pattern']],
    ['no switch', { enableRRSA: 'yes' }, ['enableRRSA']],
    ['a session that is too long', { AcrInstanceInfo: [{ expireDuration: 50_000 }] }, ['43,200']],
    ['no network', { controller: { endpointNetwork: 'internal' } }, ['endpointNetwork', 'vpc']],
    [
      'its own pull secret for its own image',
      { imagePullSecrets: [{ name: 'acr-credential-secret-aggregation' }] },
      ['cannot be pulled with it'],
    ],
    [
      'the same under another name',
      { pullSecretName: 'pulls', imagePullSecrets: [{ name: 'pulls' }] },
      ['cannot be pulled with it'],
    ],
    [
      'half of a role',
      { rrsa: { roleArn: 'acs:ram::1000000000000001:role/a' } },
      ['rrsa.roleArn and rrsa.oidcProviderArn'],
    ],
  ])('is refused with a message: %s', async (_, values, texts) => {
    const refusal = await render(version, values).then(
      () => 'rendered',
      (thrown: Error) => thrown.message,
    );
    for (const text of texts) expect(refusal).toContain(text);
  });
});

describe('the values', () => {
  it('have a schema that `make docs` writes', () => {
    expect(valuesFile('values.schema.json')).toBe(chartValuesSchema());
  });

  it('have the console’s names, and the defaults of the settings', async () => {
    const defaults = parse(valuesFile('values.yaml')) as Values;
    // The official add-on's tokenMode has no effect here, so the chart does not offer it.
    const names = new Map([...consoleNames].filter(([name]) => name !== 'tokenMode'));
    expect(Object.keys(defaults)).toEqual(expect.arrayContaining([...names.keys()]));
    expect(chartValues.safeParse(defaults).error).toBeUndefined();
    const byDefault = Object.fromEntries(
      [...names.values()].map((key) => [key, (dataKeys[key] satisfies Parameter).byDefault]),
    );
    // But for admission, which here has more to it than a ConfigMap can say.
    const withWebhook = { ...byDefault, 'webhook-configuration': 'enable: true' };
    const [written, wanted] = [await renderedData({}), withWebhook].map((data) => readSettings(data));
    expect(written).toMatchObject({ kind: 'read', problems: [], notices: [] });
    expect(written).toEqual(wanted);
  });

  it('say the same to the add-on as to people, whatever they are', { timeout: 180_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(arbitrarySettings, async (settings) => {
        const values = valuesFor(settings);
        expect(chartValues.partial().safeParse(values).error).toBeUndefined();
        const reading = readSettings(await renderedData(values));
        expect(reading).toMatchObject({ kind: 'read', problems: [] });
        // The chart leaves nothing to a default.
        const webhook = { ...settings.webhook, isEnabled: settings.webhook.isEnabled === true };
        expect(reading.kind === 'read' && reading.settings).toEqual({ ...settings, webhook });
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    '# - instanceId: ""\n#   regionId: "cn-hangzhou"\n',
    '- instanceId: "cri-a"   # the id\n  domains: "a.example","b.example"\n',
    '- InstanceId: "cri-a,cri-b"\n  expireDuration: 3600\n',
    '[{"instanceId":"cri-a","regionId":"cn-hangzhou"}]',
    '\n  - instanceId: ""\n    customAccessKey: "example"\n    customAccessKeySecret: "example"',
  ])('take instances as the official pages write them: %j', async (AcrInstanceInfo) => {
    const data = await renderedData({ AcrInstanceInfo, watchNamespace: 'shop' });
    const wanted = readSettings({
      'acr-registry-info': AcrInstanceInfo,
      'watch-namespace': 'shop',
      'webhook-configuration': 'enable: true',
    });
    expect(readSettings(data)).toEqual(wanted);
    expect(wanted.kind).toBe('read');
  });
});

describe('the rights', () => {
  it('are those of deploy/, with the policies that confine them', async () => {
    const values = { rbac: { accessKeySecrets: ['alibaba-addon-secret'] } };
    const kinds = new Set(addOnObjects().map(({ kind }) => kind));
    const ofRelease = (await render('helm3', values)).filter((object) => !isHook(object));
    const ofChart = ofRelease.filter(({ kind = '' }) => kinds.has(kind));
    expect(byName(ofChart)).toEqual(byName(addOnObjects()));
  });

  it.each<[string, Values, readonly string[]]>([
    ['none', {}, []],
    [
      'those of the entries',
      { AcrInstanceInfo: [{ accessKeySecretRef: 'a' }, { accessKeySecretRef: '' }] },
      ['a'],
    ],
    [
      'those in text, in any notation',
      {
        AcrInstanceInfo:
          '- accessKeySecretRef: b.c\n# accessKeySecretRef: not-this\n- {"accesskeysecretref": "a-1"}\n',
      },
      ['a-1', 'b.c'],
    ],
    [
      'several of them in one line',
      {
        AcrInstanceInfo: '[{"accessKeySecretRef": "a"}, {"accessKeySecretRef":"b"}] # accessKeySecretRef: c',
      },
      ['a', 'b'],
    ],
    [
      'nothing for a field that is left empty',
      { AcrInstanceInfo: '- accessKeySecretRef:\n  regionId: cn-hangzhou\n' },
      [],
    ],
    [
      'those that are listed, once',
      { rbac: { accessKeySecrets: ['b', 'a'] }, AcrInstanceInfo: [{ accessKeySecretRef: 'a' }] },
      ['a', 'b'],
    ],
    [
      'with a ConfigMap that is there, only those that are listed',
      {
        configuration: { existing: true },
        rbac: { accessKeySecrets: ['b'] },
        AcrInstanceInfo: [{ accessKeySecretRef: 'a' }],
      },
      ['b'],
    ],
  ])('reach the Secrets with access keys: %s', async (_, values, names) => {
    const reading = (await foundRules(values)).filter(
      ({ rule }) => rule.resources?.includes('secrets') && rule.verbs.join() === 'get',
    );
    expect(reading.flatMap(({ rule }) => rule.resourceNames ?? [])).toEqual(names);
  });

  it.each(Object.entries(chartForms))('name every Secret that they reach: %s', async (_, values) => {
    const unnamed = (await foundRules(values)).filter(
      ({ rule }) => rule.resources?.includes('secrets') && !rule.resourceNames?.length,
    );
    expect(unnamed).toEqual([]);
  });

  it.each(['webhook', 'none'])('reach the registration, also to close it: %s', async (admission) => {
    const found = (await foundRules({ admission })).filter(({ rule }) =>
      rule.resources?.includes('mutatingwebhookconfigurations'),
    );
    expect(found.map(({ rule }) => [rule.resourceNames, rule.verbs])).toEqual([
      [['aliyun-acr-credential-helper'], ['get', 'patch']],
    ]);
  });

  it('end, in the strict mode, in the namespaces that are listed', async () => {
    const found = await foundRules({ rbac: { onlyNamespaces: ['shop', 'billing'] } });
    const where = (resource: string) =>
      found.filter(({ rule }) => rule.resources?.includes(resource)).map(({ place }) => place);
    expect(new Set(where('serviceaccounts'))).toEqual(new Set(['shop', 'billing']));
    expect(new Set(where('secrets'))).toEqual(new Set(['shop', 'billing', 'kube-system']));
    expect(new Set(where('events'))).toEqual(new Set(['shop', 'billing', 'kube-system']));
    expect(where('namespaces')).toEqual(['everywhere']);
  });
});

describe('the rights of the uninstall hook', () => {
  it('are those that SECURITY.md lists, each with its reason', async () => {
    const security = readFileSync(new URL('../../SECURITY.md', import.meta.url), 'utf8');
    const written = readWrittenRights(security, 'What its uninstall hook may do');
    const roles = (await render('helm3', {})).filter(
      (object): object is V1ClusterRole =>
        isHook(object) && ['Role', 'ClusterRole'].includes(object.kind ?? ''),
    );
    const granted = roles.flatMap(({ metadata, rules = [] }) =>
      rules.flatMap((rule) => rightsOf(rule).map((right) => `${placeOf(metadata?.namespace)} ${right}`)),
    );
    expect(granted.toSorted()).toEqual(
      written.map(({ where, verb, what, name }) => `${where} ${verb} ${what} ${name}`).toSorted(),
    );
  });

  it('are not there where nothing is cleaned', async () => {
    const objects = await render('helm3', { cleanupOnUninstall: false });
    expect(objects.filter(isHook)).toEqual([]);
  });
});

describe('the Pod', () => {
  it('comes from the mirror, by digest where there is one', async () => {
    const mirror = { registry: 'mirror.example:5000', repository: 'tools/acr' };
    const digest = `sha256:${'1'.repeat(64)}`;
    expect(await imageOf({ ...mirror, tag: 'v2' })).toBe('mirror.example:5000/tools/acr:v2');
    expect(await imageOf({ ...mirror, tag: 'v2', digest })).toBe(`mirror.example:5000/tools/acr@${digest}`);
    expect(await imageOf({ registry: '', repository: 'acr' })).toMatch(/^acr:\d+\.\d+\.\d+$/);
  });

  it('keeps its account away from the pull secret that it makes', async () => {
    const [account] = await rendered<KubernetesObject>('ServiceAccount', {
      accountAnnotations: { more: 'x' },
    });
    expect(account?.metadata?.annotations).toEqual({ 'acr-credential-helper/ignore': 'true', more: 'x' });
  });
});

/** Without labels, which only Helm needs. */
function placeOf(namespace: string | undefined): string {
  return namespace === undefined ? 'everywhere' : 'own namespace';
}

function rightsOf({
  apiGroups = [],
  resources = [],
  resourceNames = ['any'],
  verbs,
}: V1PolicyRule): string[] {
  return apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      resourceNames.flatMap((name) =>
        verbs.map((verb) => `${verb} ${resource}${group === '' ? '' : `.${group}`} ${name}`),
      ),
    ),
  );
}

function byName(objects: readonly KubernetesObject[]): ReadonlyMap<string, object> {
  return new Map(
    objects.map(({ kind, metadata, ...rest }) => {
      const { labels: _, ...others } = metadata ?? {};
      return [`${kind} ${metadata?.name}`, { metadata: others, ...rest }];
    }),
  );
}
