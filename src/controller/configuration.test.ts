import fc from 'fast-check';
import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import type { InhabitedNamespace, ScopeChange } from '../pull-secrets/brake.ts';
import { isNamespaceInScope } from '../pull-secrets/scope.ts';
import { Configuration } from './configuration.ts';
import { confirmationNeeded } from './scope-confirmation.ts';

const good = {
  'acr-registry-info': '- instanceId: cri-a\n  regionId: cn-hangzhou\n',
  'watch-namespace': 'team-a',
};

function namespaceOf(name: string): InhabitedNamespace {
  return { name, labels: {}, isOptedOut: false, isTerminating: false, serviceAccounts: [] };
}

describe('the configuration', () => {
  let lines: { level: number; msg: string }[];
  let configuration: Configuration;

  beforeEach(() => {
    lines = [];
    const write = (line: string) => void lines.push(JSON.parse(line) as { level: number; msg: string });
    configuration = new Configuration(pino({}, { write }));
  });

  const served = (name: string) => {
    const { scope } = configuration.settings ?? {};
    return scope !== undefined && isNamespaceInScope(scope, namespaceOf(name));
  };
  const keys = () => configuration.settings?.instances.map(({ key }) => key);
  const said = (level: number) => lines.filter((line) => line.level === level).map(({ msg }) => msg);

  it('serves nothing while there is none', () => {
    configuration.read(undefined);
    expect(configuration.settings).toBeUndefined();
    expect(said(40)).toEqual([
      'there is no ConfigMap with the configuration: nothing is served until there is one',
    ]);
  });

  it('is in force once it was read', () => {
    configuration.read(good);
    expect(configuration.settings?.scope.namespaces).toMatchObject({
      included: { names: new Set(['team-a']) },
    });
    expect(said(50)).toEqual([]);
  });

  it('says where a flag stands above what it says of the webhook', () => {
    const byPolicy = new Configuration(pino({ enabled: false }), 'policy');
    byPolicy.read(good);
    expect(byPolicy.remarks).toEqual([]);
    byPolicy.read({ ...good, 'webhook-configuration': 'enable: true' });
    const text = 'webhook-configuration says enable: true, but --admission is policy: there is no webhook';
    expect(byPolicy.remarks).toEqual([{ kind: 'notice', text }]);
  });

  it.each([
    ['broken', { ...good, 'expiring-threshold': '15' }],
    [
      'broken in what it says of the webhook',
      { 'webhook-configuration': 'enable: true\nfailure-policy: fial' },
    ],
    ['deleted', undefined],
    ['emptied', {}],
  ])('stays in force when it is %s', (_how, data) => {
    configuration.read({
      ...good,
      'webhook-configuration': 'enable: true\nfailure-policy: Fail\ntimeout-seconds: 3\n',
    });
    const before = configuration.settings;
    configuration.read(data);
    expect(configuration.settings).toEqual(before);
    expect(before?.webhook).toEqual({ isEnabled: true, failurePolicy: 'Fail', timeoutSeconds: 3 });
  });

  it('takes no default for what is wrong of the webhook where nothing was good before, and says so', () => {
    configuration.read({ ...good, 'webhook-configuration': 'enable: true\nfailure-policy: fial' });
    expect(configuration.settings).toBeUndefined();
    expect(configuration.remarks).toEqual([
      { kind: 'problem', text: expect.stringContaining('found failure-policy "fial"; write') as string },
      { kind: 'refused', text: 'the configuration cannot be used: nothing is served until there is one' },
    ]);
  });

  it('goes on as before a restart, whatever became of the ConfigMap, and says so', () => {
    configuration.read(good);
    const before = configuration.settings;
    for (const data of [{ ...good, 'expiring-threshold': '15' }, undefined, {}]) {
      const restarted = new Configuration(pino({}, { write: (line: string) => void written.push(line) }));
      const written: string[] = [];
      if (before !== undefined) restarted.restore(before);
      restarted.read(data);
      expect(restarted.settings).toEqual(before);
      expect(written.join('')).toContain('the last good one stays in force');
    }
  });

  describe('with a new scope that has to be confirmed', () => {
    const other = { ...good, 'watch-namespace': 'team-b' };
    beforeEach(() => {
      configuration.read(good);
      configuration.read({ ...other, 'notify-email': 'a@b.example' }, () => 'confirm it');
    });

    it('leaves the scope as it was, also for who would be new', () => {
      expect([served('team-a'), served('team-b'), served('team-c')]).toEqual([true, false, false]);
    });

    it('follows everything else at once', () => {
      expect(configuration.settings?.notifyEmail).toBe('a@b.example');
    });

    it('says so beside the ConfigMap, and in the log', () => {
      expect(configuration.remarks).toEqual([{ kind: 'waiting', text: 'confirm it' }]);
      expect(said(50)).toEqual(['configuration: confirm it']);
    });

    it('changes it once nothing is in the way', () => {
      configuration.read(other);
      expect([served('team-a'), served('team-b')]).toEqual([false, true]);
      expect(configuration.waitingScope).toBeUndefined();
    });

    it('asks again for every other scope, compared with the one that is in force', () => {
      const asked: string[][] = [];
      configuration.read({ ...good, 'watch-namespace': 'team-c' }, ({ from, to }) => {
        asked.push([from, to].flatMap(({ namespaces }) => [...namespaces.included.names]));
        return 'confirm it';
      });
      expect(asked).toEqual([['team-a', 'team-c']]);
    });

    it('waits on over a restart, also where the ConfigMap is broken, emptied or deleted by then', () => {
      const { settings } = configuration;
      configuration = new Configuration(pino({ enabled: false }));
      if (settings !== undefined) configuration.restore(settings);
      for (const data of [{ 'expiring-threshold': '15' }, {}, undefined]) configuration.read(data);
      expect([served('team-a'), served('team-b')]).toEqual([true, false]);
    });
  });

  describe('after a restart that has lost the settings', () => {
    beforeEach(() => {
      const before = new Configuration(pino({ enabled: false }));
      before.read(good);
      configuration.restoreScope(before.settings?.scope);
    });

    it('takes a blank ConfigMap for none, not for the defaults', () => {
      configuration.read({});
      expect(configuration.settings).toBeUndefined();
      expect(said(40)).toEqual([
        'configuration: the ConfigMap is empty: what was served before is left as it is, and not renewed, until there is one',
      ]);
    });

    it('judges a change of scope by the one that was in force, which stays while it waits', () => {
      configuration.read({ ...good, 'watch-namespace': 'team-b' }, () => 'confirm it');
      expect([served('team-a'), served('team-b')]).toEqual([true, false]);
      expect(keys()).toEqual(['cri-a@cn-hangzhou']);
    });
  });

  describe('read again and again without a confirmation', () => {
    const limits = { share: 0.3, count: 2 };

    /** Reads these scopes one after the other; gives who is served at first and after each. */
    function served(cluster: readonly InhabitedNamespace[], scopes: readonly string[]): string[][] {
      const reader = new Configuration(pino({ enabled: false }));
      const configMap = { namespace: 'kube-system', name: 'acr-configuration' };
      const judge = (change: ScopeChange) =>
        confirmationNeeded({ change, cluster, limits, confirmation: undefined, configMap });
      return scopes.map((scope) => {
        reader.read({ ...good, 'watch-namespace': scope }, judge);
        const inForce = reader.settings?.scope;
        const inScope = cluster.filter((one) => inForce !== undefined && isNamespaceInScope(inForce, one));
        return inScope.map(({ name }) => name);
      });
    }

    it('takes nothing from those who would gain by a change that waits, when it is edited once more', () => {
      const old = ['old-0', 'old-1', 'old-2', 'old-3'];
      const cluster = [...old, ...Array.from({ length: 40 }, (_, index) => `new-${index}`)].map(namespaceOf);
      expect(served(cluster, ['old-*', 'new-*', 'neww-*'])).toEqual([old, old, old]);
    });

    it('never takes from more at once than the limits allow', () => {
      const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
      const scopes = fc.subarray(names, { minLength: 1 }).map((some) => some.join(','));
      fc.assert(
        fc.property(fc.array(scopes, { minLength: 2, maxLength: 6 }), (sequence) => {
          const steps = served(names.map(namespaceOf), sequence);
          for (const [index, after] of steps.slice(1).entries()) {
            const before = steps[index] ?? [];
            const lost = before.filter((name) => !after.includes(name)).length;
            expect(lost <= limits.count || lost <= limits.share * before.length).toBe(true);
          }
        }),
      );
    });
  });

  it('says where it is broken and what to write', () => {
    configuration.read({ ...good, 'expiring-threshold': '15' });
    expect(said(50)[0]).toContain('expiring-threshold');
    expect(said(50).at(-1)).toBe('the configuration cannot be used: nothing is served until there is one');
  });

  it('keeps its remarks for who looks at the ConfigMap, until it is read again', () => {
    configuration.read({ ...good, 'watch-namspace': 'team-b', 'expiring-threshold': '15' });
    expect(configuration.remarks.map(({ kind }) => kind)).toEqual(['problem', 'refused']);
    configuration.read({ ...good, 'notify-mail': 'a@b.example' });
    expect(configuration.remarks).toEqual([
      { kind: 'notice', text: expect.stringContaining('did you mean notify-email?') as string },
    ]);
    configuration.read(good);
    expect(configuration.remarks).toEqual([]);
  });

  it('keeps what an entry stood for that is broken now, beside the others', () => {
    configuration.read(good);
    const broken = '- instanceId: cri-a\n  rrsaRoleARN: acs:ram::1:role/x\n- instanceId: cri-b\n';
    configuration.read({ ...good, 'acr-registry-info': broken });
    expect(keys()?.some((key) => key.startsWith('cri-a'))).toBe(true);
    expect(keys()?.some((key) => key.startsWith('cri-b'))).toBe(true);
  });
});
