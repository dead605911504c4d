import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Sensitive } from '../runtime/sensitive.ts';
import { readRefusal } from './cloud-refusal.ts';

const none: readonly Sensitive[] = [];
const detail = {
  AuthAction: 'cr:GetAuthorizationToken',
  AuthPrincipalDisplayName: 'puller:acr-credential-helper',
  AuthPrincipalOwnerId: '2000000000000002',
  AuthPrincipalType: 'AssumedRoleUser',
  NoPermissionType: 'ImplicitDeny',
  PolicyType: 'AccountLevelIdentityBasedPolicy',
  EncodedDiagnosticMessage: 'opaque',
};
const read = {
  action: 'cr:GetAuthorizationToken',
  principalType: 'AssumedRoleUser',
  principalName: 'puller:acr-credential-helper',
  accountId: '2000000000000002',
  denial: 'ImplicitDeny',
  policyType: 'AccountLevelIdentityBasedPolicy',
};

function refusalOf(body: unknown, secrets = none) {
  return readRefusal('AssumeRole', { status: 403, body }, secrets);
}

describe('what the cloud said', () => {
  it.each([
    ['an object', { AccessDeniedDetail: detail }],
    ['the JSON of one', { AccessDeniedDetail: JSON.stringify(detail) }],
    ['an object with the other gateway’s names', { accessDeniedDetail: lowerCamelCase(detail) }],
  ])('has who was denied what, where that comes as %s', (_form, body) => {
    expect(refusalOf(body).accessDenied).toEqual(read);
  });

  it('has only those details that came', () => {
    const { accessDenied } = refusalOf({ AccessDeniedDetail: { AuthAction: 'cr:X', PolicyType: '' } });
    expect(accessDenied).toEqual({ ...blank(read), action: 'cr:X' });
  });

  it.each([undefined, 'bad gateway', [], { AccessDeniedDetail: 5 }, { AccessDeniedDetail: 'no JSON' }])(
    'has no details where there are none to read: %j',
    (body) => {
      expect(refusalOf(body)).toMatchObject({ code: 'HTTP 403', accessDenied: undefined });
    },
  );

  it('is bounded, holds no secret, and whatever came is readable', () => {
    const token = 'eyJhbGciOiJub25lIn0.e30.c2ln';
    const text = fc.oneof(
      fc.string(),
      fc.string().map((around) => around + token + around),
    );
    const value = fc.oneof(fc.jsonValue(), text, fc.string({ minLength: 500, maxLength: 2_000 }));
    const names = ['Code', 'message', 'Message', 'RequestId', 'accessDeniedDetail', ...Object.keys(detail)];
    const bodies = fc.dictionary(
      fc.constantFrom(...names),
      fc.oneof(value, fc.dictionary(fc.constantFrom(...names), value)),
    );
    fc.assert(
      fc.property(bodies, (body) => {
        const refusal = refusalOf(body, [new Sensitive(token)]);
        const texts = [...Object.values(refusal), ...Object.values(refusal.accessDenied ?? {})];
        for (const one of texts.filter((each) => typeof each === 'string')) {
          expect(one.length).toBeLessThanOrEqual(400);
          expect(one).not.toContain(token);
        }
      }),
    );
  });
});

function lowerCamelCase(names: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(names).map(([name, value]) => [name.charAt(0).toLowerCase() + name.slice(1), value]),
  );
}

function blank(names: Readonly<Record<string, string>>): Record<string, undefined> {
  return Object.fromEntries(Object.keys(names).map((name) => [name, undefined]));
}
