import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Sensitive } from '../runtime/sensitive.ts';
import type { IdentityChoice, Instance, OwnIdentity } from '../settings/settings.ts';
import { fingerprintOf, loadLogins, saveLogins, type SavedLogin } from './saved-logins.ts';

const time = fc.integer({ min: 0, max: 8.64e15 });
const savedLogins: fc.Arbitrary<SavedLogin[]> = fc.array(
  fc.record({
    login: fc.record({
      instanceKey: fc.string(),
      userName: fc.string(),
      token: fc.string().map((text) => new Sensitive(text)),
      mintedAtMs: time,
      expiresAtMs: time,
      domains: fc.array(fc.string()),
    }),
    mintedFor: fc.string(),
  }),
);

function instanceWith(identity: IdentityChoice): Instance {
  const edition = { kind: 'enterprise', instanceId: 'cri-a' } as const;
  return { key: 'cri-a', edition, regionId: 'cn-hangzhou', domains: undefined, identity };
}

function inlineKey(secret: string): OwnIdentity {
  return { kind: 'inline-access-key', accessKeyId: 'id', accessKeySecret: new Sensitive(secret) };
}

type Rrsa = OwnIdentity & { readonly kind: 'rrsa' };

function ownRole(name: string): Rrsa {
  const account = 'acs:ram::1000000000000001';
  const role = { roleArn: `${account}:role/${name}`, oidcProviderArn: `${account}:oidc-provider/ack` };
  return { kind: 'rrsa', role, sessionSeconds: 3_600 };
}

function assumed(from: OwnIdentity, name: string): IdentityChoice {
  const roleArn = `acs:ram::2000000000000002:role/${name}`;
  return { kind: 'assumed-role', roleArn, sessionSeconds: 3_600, from };
}

describe('saved logins', () => {
  it('are the same after they were saved and loaded', () => {
    fc.assert(
      fc.property(savedLogins, (logins) => {
        const loaded = loadLogins(saveLogins(logins)) ?? [];
        expect(loaded).toEqual(logins);
        expect(loaded.map(({ login }) => login.token.reveal())).toEqual(
          logins.map(({ login }) => login.token.reveal()),
        );
      }),
    );
  });

  it('are none where the text is anything else', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const loaded = loadLogins(text);
        expect(loaded === undefined || loaded.length === 0).toBe(true);
      }),
    );
    expect(loadLogins('{"logins":[]}')).toBeUndefined();
    const withoutTime = [{ instanceKey: 'cri-a', mintedFor: '', userName: '', token: '', domains: [] }];
    expect(loadLogins(JSON.stringify(withoutTime))).toBeUndefined();
  });
});

describe('the fingerprint of an entry', () => {
  it('is the same for the same entry and differs where anything does, a key’s secret included', () => {
    const prints = [
      instanceWith({ kind: 'node-role' }),
      { ...instanceWith({ kind: 'node-role' }), regionId: undefined },
      { ...instanceWith({ kind: 'node-role' }), domains: ['a.example'] },
      instanceWith(inlineKey('one secret')),
      instanceWith(inlineKey('another secret')),
      instanceWith(ownRole('one')),
      instanceWith(ownRole('another')),
      instanceWith({ ...ownRole('one'), sessionSeconds: 7_200 }),
      instanceWith(assumed(ownRole('one'), 'owner')),
      instanceWith(assumed(ownRole('another'), 'owner')),
      instanceWith(assumed(ownRole('one'), 'other-owner')),
      instanceWith(assumed(inlineKey('one secret'), 'owner')),
      instanceWith(assumed(inlineKey('another secret'), 'owner')),
    ].map((instance) => fingerprintOf(instance));
    expect(new Set(prints).size).toBe(prints.length);
    expect(fingerprintOf(instanceWith(inlineKey('one secret')))).toBe(prints[3]);
  });

  it('differs with the Pod’s role where the entry leaves that to it, and only there', () => {
    const [one, other] = ['one', 'other'].flatMap((name) => ownRole(name).role ?? []);
    const toThePod: OwnIdentity = { kind: 'rrsa', role: undefined, sessionSeconds: 3_600 };
    for (const identity of [toThePod, assumed(toThePod, 'owner')]) {
      const prints = [undefined, one, other].map((role) => fingerprintOf(instanceWith(identity), role));
      expect(new Set(prints).size).toBe(3);
    }
    const own = instanceWith(ownRole('one'));
    expect(fingerprintOf(own, other)).toBe(fingerprintOf(own));
  });

  it('does not tell a key’s secret', () => {
    expect(fingerprintOf(instanceWith(inlineKey('one secret')))).toMatch(/^[0-9a-f]{64}$/);
  });
});
