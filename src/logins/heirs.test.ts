import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Sensitive } from '../runtime/sensitive.ts';
import type { Instance } from '../settings/settings.ts';
import { heirsOf } from './heirs.ts';
import { personalDomains } from './registry-domains.ts';
import type { RegistryLogin } from './registry-login.ts';

interface Owner {
  readonly instance: Instance;
  readonly login: RegistryLogin | undefined;
}

interface Entry {
  readonly regionId?: string | undefined;
  readonly domains?: readonly string[] | undefined;
  readonly instanceId?: string | undefined;
}

function entry({ regionId, domains, instanceId }: Entry): Owner {
  const edition: Instance['edition'] =
    instanceId === undefined ? { kind: 'personal' } : { kind: 'enterprise', instanceId };
  const key = [instanceId ?? 'personal', ...(regionId === undefined ? [] : [regionId])].join('@');
  const instance: Instance = { key, edition, regionId, domains, identity: { kind: 'node-role' } };
  return { instance, login: undefined };
}

function served(of: Entry, domains = of.domains ?? personalDomains(of.regionId ?? 'cn-hangzhou')): Owner {
  const { instance } = entry(of);
  const life = { mintedAtMs: 0, expiresAtMs: 3_600_000 };
  const login = { instanceKey: instance.key, userName: 'u', token: new Sensitive('t'), ...life, domains };
  return { instance, login };
}

const keys = (heirs: ReadonlyMap<Owner, Owner>) =>
  Object.fromEntries([...heirs].map(([former, heir]) => [former.instance.key, heir.instance.key]));

test('a login goes to the entry for the region of its hosts, before one for the cluster’s region or another one', () => {
  const [beijing, own, hangzhou] = [
    entry({ regionId: 'cn-beijing' }),
    entry({}),
    entry({ regionId: 'cn-hangzhou' }),
  ];
  expect(keys(heirsOf([served({})], [beijing, hangzhou]))).toEqual({ personal: 'personal@cn-hangzhou' });
  const former = [served({ regionId: 'cn-hangzhou' })];
  expect(keys(heirsOf(former, [beijing, own]))).toEqual({ 'personal@cn-hangzhou': 'personal' });
  expect(keys(heirsOf(former, [beijing]))).toEqual({ 'personal@cn-hangzhou': 'personal@cn-beijing' });
  expect(keys(heirsOf(former, [hangzhou, own]))).toEqual({ 'personal@cn-hangzhou': 'personal@cn-hangzhou' });
});

test('a login goes to the entry that names its hosts', () => {
  const former = [served({ instanceId: 'cri-a', domains: ['pull.example'] })];
  const other = entry({ instanceId: 'cri-a', regionId: 'cn-hangzhou', domains: ['other.example'] });
  const same = entry({ instanceId: 'cri-a', regionId: 'cn-beijing', domains: ['pull.example'] });
  expect(keys(heirsOf(former, [other, same]))).toEqual({ 'cri-a': 'cri-a@cn-beijing' });
});

test('each login has one heir at most, of the same instance and without a login, and each heir one login', () => {
  const region = fc.option(fc.constantFrom('cn-hangzhou', 'cn-beijing', 'cn-shanghai'), { nil: undefined });
  const instanceId = fc.constantFrom(undefined, 'cri-a');
  const some = fc.uniqueArray(fc.record({ regionId: region, instanceId }), {
    selector: (each) => entry(each).instance.key,
  });
  fc.assert(
    fc.property(some, some, some, (gone, withLogin, without) => {
      const former = gone.map((each) => served(each));
      const heirs = heirsOf(former, [...withLogin.map((each) => served(each)), ...without.map(entry)]);
      expect(new Set(heirs.values()).size).toBe(heirs.size);
      for (const [{ instance }, heir] of heirs) {
        expect(heir.login).toBeUndefined();
        expect(heir.instance.edition).toEqual(instance.edition);
      }
      const most = (kind: string) => {
        const count = (list: readonly Entry[]) =>
          list.filter((each) => entry(each).instance.edition.kind === kind).length;
        return Math.min(count(gone), count(without));
      };
      expect(heirs.size).toBe(most('personal') + most('enterprise'));
    }),
  );
});
