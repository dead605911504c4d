import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Sensitive } from '../runtime/sensitive.ts';
import type { IdentityChoice, Instance } from '../settings/settings.ts';
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

function inlineKey(secret: string): IdentityChoice {
  return { kind: 'inline-access-key', accessKeyId: 'id', accessKeySecret: new Sensitive(secret) };
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
    ].map(fingerprintOf);
    expect(new Set(prints).size).toBe(prints.length);
    expect(fingerprintOf(instanceWith(inlineKey('one secret')))).toBe(prints[3]);
  });

  it('does not tell a key’s secret', () => {
    expect(fingerprintOf(instanceWith(inlineKey('one secret')))).toMatch(/^[0-9a-f]{64}$/);
  });
});
