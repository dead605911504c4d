import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { Configuration } from './configuration.ts';

const good = {
  'acr-registry-info': '- instanceId: cri-a\n  regionId: cn-hangzhou\n',
  'watch-namespace': 'team-a',
};

describe('the configuration', () => {
  let lines: { level: number; msg: string }[];
  let configuration: Configuration;

  beforeEach(() => {
    lines = [];
    const write = (line: string) => void lines.push(JSON.parse(line) as { level: number; msg: string });
    configuration = new Configuration(pino({}, { write }));
  });

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
      if (before !== undefined) restarted.restore(before);
      restarted.read(data);
      expect(restarted.settings).toEqual(before);
      expect(written.join('')).toContain('the last good one stays in force');
    }
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
