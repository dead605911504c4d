import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { Sensitive } from '../runtime/sensitive.ts';
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

  it('leave a host with the one that had it, over a restart too', () => {
    settled.logins([a], both);
    settled.logins([a, b], both);
    const restarted = settledLogins();
    restarted.restore(settled.holders);
    expect(restarted.logins([b, a], both)).toEqual([a]);
  });
});
