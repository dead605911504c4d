import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RegistryLogin } from '../logins/registry-login.ts';
import { Sensitive } from '../runtime/sensitive.ts';
import { dockerConfigBytes } from './docker-config.ts';
import { largestDockerConfigBytes, noHolders, settleLogins } from './settle-logins.ts';

const loginFor = (
  instanceKey: string,
  domains: readonly string[],
  token = 'example-token',
): RegistryLogin => ({
  instanceKey,
  userName: 'cr_temp_user',
  token: new Sensitive(token),
  mintedAtMs: 0,
  expiresAtMs: 3_600_000,
  domains,
});
const email = 'cs@aliyuncs.com';
const manyHosts = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}.example`);
/** Two of these are too much. */
const half = (key: string) => loginFor(key, manyHosts(key, 1_000), 'x'.repeat(200));
const keysOf = (logins: readonly RegistryLogin[]) => logins.map(({ instanceKey }) => instanceKey);

describe('a host that two instances claim', () => {
  const a = loginFor('cri-a', ['a.example', 'shared.example']);
  const b = loginFor('cri-b', ['b.example', 'shared.example']);

  it('is nobody’s where nobody had it before, and the other hosts of both stay', () => {
    const { logins, contests } = settleLogins([a, b], email, noHolders);
    expect(logins.map(({ domains }) => domains)).toEqual([['a.example'], ['b.example']]);
    expect(contests).toEqual([
      { hosts: ['shared.example'], claimedBy: ['cri-a', 'cri-b'], keptBy: undefined },
    ]);
  });

  it.each([
    ['behind', [a, b]],
    ['before', [b, a]],
  ])('stays with the one that had it when another comes %s it', (_where, both) => {
    const alone = settleLogins([a], email, noHolders);
    const { logins, contests, holders } = settleLogins(both, email, alone.holders);
    expect(logins.find(({ instanceKey }) => instanceKey === 'cri-a')?.domains).toContain('shared.example');
    expect(contests).toMatchObject([{ hosts: ['shared.example'], keptBy: 'cri-a' }]);
    const renewed = both.map((login) => ({ ...login, token: new Sensitive('renewed') }));
    expect(settleLogins(renewed, email, holders).contests).toEqual(contests);
  });

  it('stays with the one that had it when the logins of both were missing for a while', () => {
    const alone = settleLogins([a], email, noHolders);
    const without = settleLogins([], email, alone.holders);
    expect(settleLogins([b, a], email, without.holders).contests).toMatchObject([{ keptBy: 'cri-a' }]);
  });

  it('passes to the other one when the one that had it is gone', () => {
    const alone = settleLogins([a], email, noHolders);
    const both = settleLogins([a, b], email, alone.holders);
    const { logins, contests } = settleLogins([b], email, both.holders);
    expect(logins).toEqual([b]);
    expect(contests).toEqual([]);
  });

  it('makes one contest of two instances that are the same in truth, and no empty login', () => {
    const hosts = ['x.example', 'y.example'];
    const twice = [loginFor('personal', hosts), loginFor('personal@cn-hangzhou', hosts)];
    const { logins, contests } = settleLogins(twice, email, noHolders);
    expect(logins).toEqual([]);
    expect(contests).toEqual([{ hosts, claimedBy: ['personal', 'personal@cn-hangzhou'], keptBy: undefined }]);
  });

  it('is no contest where one instance names it twice', () => {
    const twice = loginFor('cri-a', ['x.example', 'x.example']);
    expect(settleLogins([twice], email, noHolders).contests).toEqual([]);
  });
});

describe('more than fits into a Secret', () => {
  const small = loginFor('cri-small', ['small.example']);
  const large = loginFor('cri-large', manyHosts('large', 3_000), 'x'.repeat(200));

  it('leaves out the instance that is too large, and serves the others', () => {
    const { logins, leftOut } = settleLogins([large, small], email, noHolders);
    expect(logins).toEqual([small]);
    expect(leftOut).toEqual([{ instanceKey: 'cri-large', hosts: 3_000 }]);
  });

  it('keeps the hosts of an instance that were served before it grew too large', () => {
    const before = settleLogins([{ ...large, domains: ['large-1.example'] }, small], email, noHolders);
    const { logins, leftOut } = settleLogins([large, small], email, before.holders);
    expect(logins.map(({ domains }) => domains)).toEqual([['large-1.example'], ['small.example']]);
    expect(leftOut).toEqual([{ instanceKey: 'cri-large', hosts: 2_999 }]);
  });

  it('leaves out what is new rather than what is served, wherever it is in the configuration', () => {
    const served = settleLogins([half('cri-b')], email, noHolders);
    expect(keysOf(settleLogins([half('cri-a'), half('cri-b')], email, served.holders).logins)).toEqual([
      'cri-b',
    ]);
    expect(keysOf(settleLogins([half('cri-a'), half('cri-b')], email, noHolders).logins)).toEqual(['cri-a']);
  });
});

it('whatever is claimed and was held, each host has one login at most, and no claim goes unmentioned', () => {
  const host = fc.constantFrom<string>('a', 'b', 'c', 'd');
  const domains = fc.array(host, { maxLength: 6 });
  const keys = fc.constantFrom('1', '2', '3', '4');
  const claims = fc.uniqueArray(fc.tuple(keys, domains), { selector: ([key]) => key });
  const former = fc.array(fc.tuple(host, keys)).map((pairs) => new Map(pairs));
  fc.assert(
    fc.property(claims, former, (list, before) => {
      const wanted = list.map(([key, hosts]) => loginFor(key, hosts));
      const { logins, contests, holders } = settleLogins(wanted, email, before);
      const given = logins.flatMap((login) => [...new Set(login.domains)]);
      expect(new Set(given).size).toBe(given.length);
      const disputed = contests.flatMap(({ hosts }) => hosts);
      const claimed = new Set(wanted.flatMap((login) => login.domains));
      expect(new Set([...given, ...disputed])).toEqual(claimed);
      for (const one of disputed) {
        const claimants = wanted
          .filter((login) => login.domains.includes(one))
          .map(({ instanceKey }) => instanceKey);
        const keeper = claimants.find((key) => key === before.get(one));
        expect(holders.get(one)).toBe(keeper);
      }
      const again = settleLogins(wanted, email, holders);
      expect(again.logins).toEqual(logins);
      expect(dockerConfigBytes(logins, email)).toBeLessThanOrEqual(largestDockerConfigBytes);
    }),
  );
});
