import { describe, expect, it } from 'vitest';
import { desiredSecret, secretType, type ObservedSecret } from '../pull-secrets/desired-secret.ts';
import type { ObservedNamespace } from '../pull-secrets/namespace-plan.ts';
import { Sensitive } from '../runtime/sensitive.ts';
import { planReport } from './plan-report.ts';
import { planText } from './plan-text.ts';

const secretName = 'acr-credential-secret-aggregation';
const servesTeamA = {
  'acr-registry-info': '- instanceId: cri-a\n- instanceId: ""\n',
  'watch-namespace': 'team-a',
};

function holding(...instanceKeys: string[]): ObservedSecret {
  const logins = instanceKeys.map((instanceKey) => ({
    instanceKey,
    userName: 'cr_temp_user',
    token: new Sensitive('example-token'),
    mintedAtMs: 0,
    expiresAtMs: 3_600_000,
    domains: [`${instanceKey}.example`],
  }));
  const { labels, annotations, dockerConfigJson } = desiredSecret(logins, 'cs@aliyuncs.com', new Set());
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

const official = { ...holding(), labels: {}, annotations: {} };

interface Content {
  readonly secret?: ObservedSecret;
  readonly isTerminating?: boolean;
  readonly attached?: readonly string[];
  readonly other?: readonly string[];
}

function account(name: string, imagePullSecrets: { name: string }[]) {
  return { name, uid: name, resourceVersion: '1', isOptedOut: false, imagePullSecrets };
}

function namespace(name: string, content: Content = {}): ObservedNamespace {
  const { secret, isTerminating = false, attached = [], other = [] } = content;
  return {
    name,
    uid: name,
    labels: {},
    isTerminating,
    isOptedOut: false,
    secret,
    recordedMentions: undefined,
    serviceAccounts: [
      ...attached.map((each) => account(each, [{ name: secretName }])),
      ...other.map((each) => account(each, [])),
    ],
  };
}

interface Situation {
  readonly data?: Record<string, string>;
  readonly dataBefore?: Record<string, string>;
  readonly scopeInForce?: Record<string, string>;
  readonly confirmation?: string;
}

function reportOn(cluster: ObservedNamespace[], situation: Situation = {}) {
  const { data = servesTeamA, dataBefore, scopeInForce, confirmation } = situation;
  const configMap = { namespace: 'kube-system', name: 'acr-configuration' };
  const confirming = { limits: { share: 0.3, count: 1 }, confirmation, configMap };
  return planReport({
    source: 'file x.yaml',
    data,
    dataBefore,
    scopeInForce,
    confirming,
    secretName,
    cluster,
  });
}

/** What is said between the head and the totals. */
function linesOn(cluster: ObservedNamespace[], situation: Situation = {}): string[] {
  const paragraphs = planText(reportOn(cluster, situation), (_, text) => text).split('\n\n');
  return paragraphs.length < 3 ? [] : (paragraphs[1] ?? '').split('\n');
}

describe('the plan', () => {
  it('tells of a namespace that is served for the first time', () => {
    expect(linesOn([namespace('team-a', { other: ['default', 'builder'] })])).toEqual([
      '+ create team-a          2 instances',
      '+ attach team-a/default',
    ]);
  });

  it('tells of a namespace that is left', () => {
    const team = { secret: holding('cri-a', 'personal'), attached: ['default', 'builder'] };
    expect(linesOn([namespace('team-c', team)])).toEqual(['- remove team-c  Secret, 2 attachments']);
  });

  it('tells of accounts that are left in a namespace that stays', () => {
    const team = { secret: holding('cri-a', 'personal'), attached: ['default', 'builder'] };
    expect(linesOn([namespace('team-a', team)])).toEqual(['- detach team-a/builder']);
  });

  it.each([
    ['an instance is new', holding('personal'), 'with cri-a'],
    ['an instance is gone', holding('cri-a', 'cri-old', 'personal'), 'without cri-old'],
    [
      'it is of a type that cannot hold logins',
      { ...holding('cri-a', 'personal'), type: 'Opaque' },
      'replaced: its type was Opaque, which cannot be changed',
    ],
    ['it is the official add-on’s', official, 'taken over; with cri-a, personal'],
  ])('says why a pull secret would be filled: %s', (_why, secret, note) => {
    expect(linesOn([namespace('team-a', { secret, attached: ['default'] })])).toEqual([
      `~ fill   team-a  ${note}`,
    ]);
  });

  it('says that an entry, or the e-mail address, differs from what the cluster’s configuration has', () => {
    const secret = holding('cri-a', 'personal');
    const before = {
      ...servesTeamA,
      'acr-registry-info': '- instanceId: cri-a\n  domains: a.example\n- instanceId: ""\n',
      'notify-email': 'ops@example.com',
    };
    expect(linesOn([namespace('team-a', { secret, attached: ['default'] })], { dataBefore: before })).toEqual(
      ['~ fill   team-a  cri-a anew; notify-email'],
    );
  });

  it('says nothing of what is as it should be, of foreign namespaces, and of those that are terminating', () => {
    const report = reportOn([
      namespace('elsewhere', { secret: official, attached: ['default'] }),
      namespace('team-a', { secret: holding('cri-a', 'personal'), attached: ['default'] }),
      namespace('team-b', { secret: holding('cri-a'), isTerminating: true }),
    ]);
    expect(planText(report, (_, text) => text)).toBe(
      'Plan for file x.yaml\n\nNothing would change; 1 of 2 namespaces would be served.\n',
    );
  });

  it('leaves whoever has opted out, and whoever mentions the name on their own', () => {
    const secret = holding('cri-a', 'personal');
    const team = namespace('team-a', { secret, attached: ['default'] });
    const mentioning = { ...secret, annotations: { 'acr-credential-helper/mentioned-by': 'default' } };
    expect(linesOn([{ ...team, isOptedOut: true }])).toEqual(['- remove team-a  Secret, 1 attachment']);
    expect(linesOn([{ ...team, isOptedOut: true, secret: mentioning }])).toEqual(['- remove team-a  Secret']);
  });

  it('adds up', () => {
    const report = reportOn([
      namespace('team-a', { other: ['default'] }),
      namespace('team-b', { secret: holding('cri-a'), attached: ['default', 'builder'] }),
    ]);
    expect(report).toMatchObject({
      forecast: {
        totals: {
          namespaces: 2,
          served: 1,
          changing: 2,
          pullSecrets: { create: 1, fill: 0, remove: 1 },
          attachments: { add: 1, remove: 2 },
        },
      },
    });
  });

  it('says what is wrong before anything else, and keeps what a refused entry stood for', () => {
    const data = { ...servesTeamA, 'acr-registry-info': '- instanceId: cri-a\n- instanceId: wrong\n' };
    const cluster = [namespace('team-a', { secret: holding('cri-a', 'cri-b'), attached: ['default'] })];
    const [head] = planText(reportOn(cluster, { data }), (_, text) => text).split('\n\n');
    expect(head).toContain('problem: acr-registry-info, entry 2');
    expect(linesOn(cluster, { data })).toEqual([]);
  });

  it('says what the add-on would hold back until it is confirmed, and the command that confirms it', () => {
    const cluster = ['team-a', 'team-b', 'team-c'].map((name) =>
      namespace(name, { secret: holding('cri-a', 'personal') }),
    );
    const scopeInForce = { 'watch-namespace': 'team-a,team-b,team-c', 'service-account': 'default' };
    const text = planText(reportOn(cluster, { scopeInForce }), (_, text) => text);
    expect(text).toContain('held back: the new scope would take');
    const [, confirmation = ''] = /acr-credential-helper\/confirm=(\w+)/.exec(text) ?? [];
    expect(reportOn(cluster, { scopeInForce, confirmation })).toMatchObject({ heldBack: undefined });
  });

  it('knows what would be held back where the scope in force is not published, from who has a pull secret', () => {
    const secret = holding('cri-a', 'personal');
    const team = (name: string) => namespace(name, { secret, attached: ['default'] });
    expect(reportOn(['team-a', 'team-b', 'team-c'].map(team))).toMatchObject({
      heldBack: expect.stringContaining('2 of 3 served namespaces (team-b, team-c)') as string,
    });
    expect(reportOn(['team-a', 'team-b'].map(team))).toMatchObject({ heldBack: undefined });
  });

  it.each([
    ['expiring-threshold', '15', 'expiring-threshold: found "15"'],
    ['webhook-configuration', 'failure-policy: Never', 'line 1: found failure-policy "Never"'],
  ])('plans nothing for a configuration that is refused for its %s', (key, value, problem) => {
    const report = reportOn([namespace('team-a')], { data: { ...servesTeamA, [key]: value } });
    expect(report).toMatchObject({ kind: 'refused' });
    const text = planText(report, (_, text) => text);
    expect(text).toContain('problem: ');
    expect(text).toContain(problem);
    expect(text).toContain('nothing would change');
  });

  it('is coloured by what would happen, where colours are wanted', () => {
    const report = reportOn([
      namespace('team-a', { secret: holding('cri-a') }),
      namespace('team-b', { secret: holding('cri-a') }),
      namespace('team-c'),
    ]);
    const text = planText(report, (colour, text) => `<${colour}>${text}</>`);
    expect(text).toContain('<yellow>~ fill   team-a  with personal</>');
    expect(text).toContain('<red>- remove team-b  Secret</>');
  });
});
