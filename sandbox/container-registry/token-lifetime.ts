import type { Caller } from '../credentials/caller.ts';
import type { Lifetimes } from '../lifetimes.ts';

const longTermIdentitySeconds = 3600;

/**
 * A token of a long-term identity lives for an hour, one of a session exactly as long as the session.
 * Source: Container Registry documentation, "Configure access credentials".
 */
export function tokenExpiryMs(caller: Caller, lifetimes: Lifetimes, nowMs: number): number {
  switch (caller.kind) {
    case 'root':
    case 'ram-user':
      return nowMs + lifetimes.scaledMs(longTermIdentitySeconds);
    case 'role-session':
      return caller.expiresAtMs;
  }
}
