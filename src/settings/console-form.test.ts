import { describe, expect, it } from 'vitest';
import { describeProblem } from './problem.ts';
import { readSettings, type SettingsReading } from './read-settings.ts';

const entries = [
  { instanceId: 'cri-a', regionId: 'cn-hangzhou', expireDuration: 3600 },
  { instanceId: '', regionId: '' },
];
const inNames = {
  AcrInstanceInfo: JSON.stringify(entries),
  enableRRSA: 'false',
  watchNamespace: 'all,!kube-system',
  serviceAccount: '*',
  expiringThreshold: '20m',
  notifyEmail: 'ops@example.com',
};
const inDocument = { ...inNames, AcrInstanceInfo: entries, enableRRSA: false };
const inConfigMap = {
  'acr-registry-info': '- instanceId: cri-a\n  regionId: cn-hangzhou\n- instanceId: ""\n',
  rrsa: 'enable: false',
  'watch-namespace': 'all,!kube-system',
  'service-account': '*',
  'expiring-threshold': '20m',
  'notify-email': 'ops@example.com',
};

function said(reading: SettingsReading): readonly string[] {
  return [...reading.problems.map(describeProblem), ...(reading.kind === 'read' ? reading.notices : [])];
}

describe('the console’s form', () => {
  it.each<[string, Record<string, string>]>([
    ['as data keys', inNames],
    ['as one JSON document', { config: JSON.stringify(inDocument, null, 2) }],
    ['as one JSON document with tabs', { config: JSON.stringify(inDocument, null, '\t') }],
    ['as one JSON document on one line', { config: JSON.stringify(inDocument) }],
    [
      'partly so and partly as the ConfigMap has it',
      {
        config: JSON.stringify({ AcrInstanceInfo: entries, enableRRSA: 'False' }),
        watchNamespace: inNames.watchNamespace,
        serviceAccount: inNames.serviceAccount,
        'expiring-threshold': '20m',
        'notify-email': 'ops@example.com',
      },
    ],
  ])('is read %s, as what the ConfigMap’s form says', (_, data) => {
    const reading = readSettings(data);
    expect(said(reading)).toEqual([]);
    expect(reading).toEqual(readSettings(inConfigMap));
  });

  it('is blank where it says nothing', () => {
    expect(readSettings({ config: '' })).toMatchObject({ kind: 'read', isBlank: true });
    expect(readSettings({ config: '{}' })).toMatchObject({ kind: 'read', isBlank: true });
    expect(readSettings({ config: '{"watchNamespace": ""}' })).toMatchObject({ kind: 'read', isBlank: true });
    expect(readSettings({ config: '{"watchNamespace": "all"}' })).toMatchObject({ isBlank: false });
  });

  it('may list namespaces as JSON does', () => {
    const reading = readSettings({ config: '{"watchNamespace": ["shop", "team-*"]}' });
    expect(reading).toMatchObject({
      settings: { scope: { namespaces: { included: { names: new Set(['shop']), globs: ['team-*'] } } } },
    });
  });

  it.each<[string, Record<string, string>, string]>([
    [
      'beside the ConfigMap’s form of the same key',
      { 'watch-namespace': 'shop', watchNamespace: 'all' },
      'watchNamespace: found the same parameter as in watch-namespace; remove watchNamespace or watch-namespace',
    ],
    [
      'in a document beside a key',
      { watchNamespace: 'shop', config: '{\n  "watchNamespace": "all"\n}' },
      'config.watchNamespace, line 2: found the same parameter as in watchNamespace; ' +
        'remove config.watchNamespace or watchNamespace',
    ],
    [
      'twice in a document',
      { config: '{"enableRRSA": false,\n"enableRRSA": true}' },
      'config.enableRRSA, line 2: found the same key a second time; remove one of the two',
    ],
    [
      'with a value that cannot be',
      { config: '{\n  "expiringThreshold": "15"\n}' },
      'config.expiringThreshold, line 2: found "15"; say the unit: write 15m for minutes or 15s for seconds',
    ],
    [
      'with an entry that cannot be',
      { config: '{\n  "AcrInstanceInfo": [\n    {"instanceId": "acme"}\n  ]\n}' },
      'config.AcrInstanceInfo, entry 1, line 3: found instanceId "acme"; write the id of an Enterprise instance',
    ],
    ['with a switch that is none', { enableRRSA: 'yes' }, 'enableRRSA: found "yes"; write true or false'],
    [
      'with a misspelt name that decides',
      { config: '{"watchNamespaces": "all"}' },
      'config, line 1: found the name "watchNamespaces"; write watchNamespace',
    ],
    [
      'in a document under a misspelt name',
      { Config: '{}' },
      'Config: found the name "Config"; write config',
    ],
    [
      'in a document with a name of the ConfigMap’s form',
      { config: '{"acr-registry-info": []}' },
      'config, line 1: found the name "acr-registry-info"; write AcrInstanceInfo',
    ],
    ['under a misspelt name', { acrInstanceInfos: '[]' }, 'write AcrInstanceInfo'],
    [
      'that is a list',
      { config: '[]' },
      'config, line 1: found a list; write a JSON object, such as {"AcrInstanceInfo": [{"instanceId": "cri-…"}]}',
    ],
    [
      'that is no JSON',
      { config: '{"watchNamespace": "all"' },
      'config, line 1: found no closing quote or bracket, or no comma between two values; write a JSON object',
    ],
  ])('is refused %s', (_, data, text) => {
    const reading = readSettings(data);
    expect(reading.kind).toBe('refused');
    expect(said(reading)).toEqual([expect.stringContaining(text)]);
  });

  it('says which names it does not know', () => {
    const config = '{\n  "notifyMail": "a@b.example",\n  "owner": "auto"\n}';
    expect(said(readSettings({ config }))).toEqual([
      'config, line 2: "notifyMail" is no known key and is ignored; did you mean notifyEmail?',
      'config, line 3: "owner" is no known key and is ignored',
    ]);
  });
});
