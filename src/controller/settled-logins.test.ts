import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../failures/failure.ts';
import { LoginBook } from '../logins/login-book.ts';
import { personalDomains } from '../logins/registry-domains.ts';
import { Sensitive } from '../runtime/sensitive.ts';
import { VirtualClock } from '../runtime/virtual-clock.ts';
import type { Instance } from '../settings/settings.ts';
import { SettledLogins } from './settled-logins.ts';

const loginFor = (instanceKey: string, token: string) => ({
  instanceKey,
  userName: 'cr_temp_user',
  token: new Sensitive(token),
  mintedAtMs: 0,
  expiresAtMs: 3_600_000,
  domains: ['shared.example'],
});
const a = loginFor('cri-a', 'of a');
const b = loginFor('cri-b', 'of b');

const instance = (key: string): Instance => ({
  key,
  edition: { kind: 'enterprise', instanceId: key },
  regionId: undefined,
  domains: undefined,
  identity: { kind: 'node-role' },
});
const both = { notifyEmail: 'e', instances: [instance('cri-a'), instance('cri-b')] };
const onlyB = { notifyEmail: 'e', instances: [instance('cri-b')] };

const unheeded = () => undefined;

/** Where the cluster is in cn-hangzhou, and at first Personal Edition of cn-beijing cannot be had. */
function editedConfiguration() {
  const clock = new VirtualClock();
  const refused = new Set(['cn-beijing']);
  const logger = pino({ level: 'silent' });
  const settled = new SettledLogins({ logger, onChange: unheeded, onTrouble: unheeded });
  const book = new LoginBook({
    mint: ({ key, regionId = 'cn-hangzhou' }) => {
      if (refused.has(regionId)) return Promise.reject(new Failure('CLOUD_REFUSED', 'not opened here'));
      const nowMs = clock.nowMs();
      const life = { mintedAtMs: nowMs, expiresAtMs: nowMs + 3_600_000 };
      return Promise.resolve({
        ...loginFor(key, 'of personal'),
        ...life,
        domains: personalDomains(regionId),
      });
    },
    onInherit: (formerKey, key) => settled.passOn(formerKey, key),
    onChange: unheeded,
    onMint: unheeded,
    onFailure: unheeded,
    onRecovery: unheeded,
    clock,
    logger,
    random: () => 0,
  });
  book.mintUntil(new AbortController().signal);
  return {
    clock,
    refused,
    configure: (...regions: (string | undefined)[]) => {
      const instances = regions.map((regionId): Instance => {
        const key = regionId === undefined ? 'personal' : `personal@${regionId}`;
        return { ...instance(key), edition: { kind: 'personal' }, regionId };
      });
      book.follow(instances, 900_000);
      const settings = { notifyEmail: 'e', instances };
      return { hosts: () => settled.logins(book.logins(), settings).flatMap(({ domains }) => domains) };
    },
  };
}

describe('hosts that are served stay in the pull secrets', () => {
  it.each([
    ['gets its region and another entry comes behind it', ['cn-hangzhou', 'cn-beijing']],
    ['gets its region and another entry comes before it', ['cn-beijing', 'cn-hangzhou']],
    ['is there with another one that claims the same', ['cn-hangzhou', undefined]],
  ])('when their entry %s', async (_what, regions) => {
    const { clock, configure } = editedConfiguration();
    const before = configure(undefined);
    await clock.advance(0);
    expect(before.hosts()).toEqual(personalDomains('cn-hangzhou'));
    const after = configure(...regions);
    for (const waitMs of [0, 1, 60_000, 3_600_000]) {
      await clock.advance(waitMs);
      expect(after.hosts()).toEqual(personalDomains('cn-hangzhou'));
    }
  });

  it('when their entry gets its region, which cannot be had for a while, and another entry comes before it', async () => {
    const { clock, refused, configure } = editedConfiguration();
    configure(undefined);
    await clock.advance(0);
    refused.clear();
    refused.add('cn-hangzhou');
    const after = configure('cn-beijing', 'cn-hangzhou');
    await clock.advance(60_000);
    const both = ['cn-beijing', 'cn-hangzhou'].flatMap((region) => personalDomains(region));
    expect(after.hosts()).toEqual(both);
  });

  it('when their entry has a twin and gets a region where nothing can be had', async () => {
    const { clock, configure } = editedConfiguration();
    const alone = configure(undefined);
    await clock.advance(0);
    expect(alone.hosts()).toEqual(personalDomains('cn-hangzhou'));
    const contested = configure(undefined, 'cn-hangzhou');
    await clock.advance(0);
    expect(contested.hosts()).toEqual(personalDomains('cn-hangzhou'));
    const after = configure('cn-beijing', 'cn-hangzhou');
    await clock.advance(60_000);
    expect(after.hosts()).toEqual(personalDomains('cn-hangzhou'));
  });

  it('when their entry has a twin and gets another key itself', async () => {
    const { clock, configure } = editedConfiguration();
    configure(undefined);
    await clock.advance(0);
    configure(undefined, 'cn-hangzhou');
    await clock.advance(0);
    const after = configure('cn-hangzhou');
    await clock.advance(0);
    expect(after.hosts()).toEqual(personalDomains('cn-hangzhou'));
  });
});

describe('the settled logins', () => {
  let told: string[];
  let changes: number;
  let settled: SettledLogins;

  beforeEach(() => {
    told = [];
    changes = 0;
    settled = settledLogins();
  });

  function settledLogins() {
    return new SettledLogins({
      logger: pino({ level: 'silent' }),
      onChange: () => changes++,
      onTrouble: ({ contests, leftOut }) => {
        for (const { claimedBy, keptBy } of contests)
          told.push(`${claimedBy.join(' and ')}: ${keptBy ?? 'nobody'}`);
        for (const { instanceKey } of leftOut) told.push(`no room for ${instanceKey}`);
      },
    });
  }

  it('tell of a contest when it comes and at each renewal, not for each namespace', () => {
    settled.logins([a], both);
    for (let namespace = 0; namespace < 100; namespace++) {
      expect(settled.logins([a, b], both)).toEqual([a]);
    }
    expect(told).toEqual(['cri-a and cri-b: cri-a']);
    settled.logins([loginFor('cri-a', 'renewed'), b], both);
    expect(told).toHaveLength(2);
  });

  it('are settled anew for other settings', () => {
    settled.logins([a, b], both);
    settled.logins([a, b], { ...both });
    expect(told).toHaveLength(2);
  });

  it('are to be saved when a host has another holder, not at a renewal', () => {
    settled.logins([a], both);
    expect(changes).toBe(1);
    settled.logins([loginFor('cri-a', 'renewed'), b], both);
    expect(changes).toBe(1);
    settled.logins([b], onlyB);
    expect(changes).toBe(2);
  });

  it('leave a contested host with the entry that had it when that gets another key', () => {
    settled.logins([a], both);
    settled.logins([a, b], both);
    const renamed = loginFor('cri-a@cn-hangzhou', 'of a');
    const after = { ...both, instances: [instance('cri-a@cn-hangzhou'), instance('cri-b')] };
    const before = changes;
    settled.passOn('cri-a', 'cri-a@cn-hangzhou');
    expect(changes).toBe(before + 1);
    expect(settled.logins([b, renamed], after)).toEqual([renamed]);
  });

  it('leave a host with the one that had it, over a restart too', () => {
    settled.logins([a], both);
    settled.logins([a, b], both);
    const restarted = settledLogins();
    restarted.restore(settled.holders);
    expect(restarted.logins([b, a], both)).toEqual([a]);
  });
});
