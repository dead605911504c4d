import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Sensitive } from '../runtime/sensitive.ts';
import { readTokenClaims } from './token-claims.ts';

const nothing = { iss: undefined, sub: undefined, aud: [], expiresAtMs: undefined };

function claimsOf(payload: unknown) {
  const part = Buffer.from(JSON.stringify(payload)).toString('base64url');
  return readTokenClaims(new Sensitive(`header.${part}.signature`));
}

describe('the claims of a token', () => {
  it('are what it says of itself, an audience or several', () => {
    const claims = { iss: 'https://issuer.example', sub: 'system:serviceaccount:a:b', exp: 1_000 };
    const read = { iss: claims.iss, sub: claims.sub, expiresAtMs: 1_000_000 };
    expect(claimsOf({ ...claims, aud: 'one' })).toEqual({ ...read, aud: ['one'] });
    expect(claimsOf({ ...claims, aud: ['one', 'two'] })).toEqual({ ...read, aud: ['one', 'two'] });
  });

  it('are those that can be read where others cannot', () => {
    expect(claimsOf({ iss: 5, sub: 'x', aud: [7], exp: 1e300 })).toEqual({ ...nothing, sub: 'x' });
    expect(claimsOf({ iss: 'x'.repeat(5_000) })).toEqual(nothing);
  });

  it('are none in a text that is no token', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(readTokenClaims(new Sensitive(text))).toEqual(nothing);
      }),
    );
  });
});
