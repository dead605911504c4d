import { describe, expect, it } from 'vitest';
import { AuthorizationTokens, type Grant } from './authorization-tokens.ts';

const grant: Grant = {
  instance: { edition: 'personal', regionId: 'cn-hangzhou', account: '1000000000000001' },
  caller: { kind: 'ram-user', account: '1000000000000001', name: 'puller' },
  expiresAtMs: 10_000,
};

describe('authorization tokens', () => {
  it('are long, and never the same twice', () => {
    const tokens = new AuthorizationTokens();
    const first = tokens.issue(grant);
    expect(first.userName).toBe('cr_temp_user');
    expect(first.token.length).toBeGreaterThan(1000);
    expect(tokens.issue(grant).token).not.toBe(first.token);
  });

  it('are valid until the moment they expire, and known as expired after it', () => {
    const tokens = new AuthorizationTokens();
    const { userName, token } = tokens.issue(grant);
    expect(tokens.verify(userName, token, 9_999)).toEqual({ kind: 'valid', grant });
    expect(tokens.verify(userName, token, 10_000)).toEqual({ kind: 'expired', grant });
  });

  it('are unknown when altered, with another user name, or when nobody gave them out', () => {
    const tokens = new AuthorizationTokens();
    const { userName, token } = tokens.issue(grant);
    expect(tokens.verify(userName, `${token}x`, 0).kind).toBe('unknown');
    expect(tokens.verify('root', token, 0).kind).toBe('unknown');
    expect(new AuthorizationTokens().verify(userName, token, 0).kind).toBe('unknown');
  });

  it('are forgotten long after they expired', () => {
    const tokens = new AuthorizationTokens();
    const { userName, token } = tokens.issue(grant);
    expect(tokens.verify(userName, token, 10_000 + 3_600_000).kind).toBe('unknown');
  });
});
