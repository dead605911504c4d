import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import type { InhabitedNamespace } from '../pull-secrets/brake.ts';
import { Configuration } from './configuration.ts';

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
    const { included } = configuration.scopeFor(namespaceOf(name))?.namespaces ?? {};
    return configuration.isServed(namespaceOf(name)) && included?.names.has(name);
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

  it.each([
    ['broken', { ...good, 'expiring-threshold': '15' }],
    ['deleted', undefined],
    ['emptied', {}],
  ])('stays in force when it is %s', (_how, data) => {
    configuration.read(good);
    const before = configuration.settings;
    configuration.read(data);
    expect(configuration.settings).toEqual(before);
  });

  it('goes on as before a restart, whatever became of the ConfigMap, and says so', () => {
    configuration.read(good);
    const before = configuration.settings;
    for (const data of [{ ...good, 'expiring-threshold': '15' }, undefined, {}]) {
      const restarted = new Configuration(pino({}, { write: (line: string) => void written.push(line) }));
      const written: string[] = [];
      if (before !== undefined) restarted.restore(before, undefined);
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

    it('goes on serving who has something, and serves who is new', () => {
      expect([served('team-a'), served('team-b'), served('team-c')]).toEqual([true, true, false]);
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
      const { settings, waitingScope } = configuration;
      configuration = new Configuration(pino({ enabled: false }));
      if (settings !== undefined) configuration.restore(settings, waitingScope);
      for (const data of [{ 'expiring-threshold': '15' }, {}, undefined]) configuration.read(data);
      expect([served('team-a'), served('team-b')]).toEqual([true, true]);
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
