import { createHash, randomBytes } from 'node:crypto';
import type { Caller } from '../credentials/caller.ts';
import type { InstanceRef } from '../world/world.ts';

/** What an authorization token stands for. Its rights are the caller's at the time of each use. */
export interface Grant {
  readonly instance: InstanceRef;
  readonly caller: Caller;
  readonly expiresAtMs: number;
}

export type TokenVerification =
  | { readonly kind: 'valid'; readonly grant: Grant }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'expired'; readonly grant: Grant };

const temporaryUserName = 'cr_temp_user';
/** About the length of a real token, so that whoever stores tokens meets the real sizes. */
const tokenBytes = 768;
const forgottenAfterMs = 3_600_000;

/** The authorization tokens that were given out. Tokens themselves are not kept, only their digests. */
export class AuthorizationTokens {
  readonly #grants = new Map<string, Grant>();

  issue(grant: Grant): { readonly userName: string; readonly token: string } {
    const token = randomBytes(tokenBytes).toString('base64url');
    this.#grants.set(digest(token), grant);
    return { userName: temporaryUserName, token };
  }

  verify(userName: string, token: string, nowMs: number): TokenVerification {
    this.#forgetLongExpired(nowMs);
    const grant = userName === temporaryUserName ? this.#grants.get(digest(token)) : undefined;
    if (grant === undefined) return { kind: 'unknown' };
    return nowMs < grant.expiresAtMs ? { kind: 'valid', grant } : { kind: 'expired', grant };
  }

  #forgetLongExpired(nowMs: number): void {
    for (const [key, { expiresAtMs }] of this.#grants) {
      // In order of issue, which is near enough the order of expiry.
      if (nowMs - expiresAtMs < forgottenAfterMs) return;
      this.#grants.delete(key);
    }
  }
}

function digest(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
