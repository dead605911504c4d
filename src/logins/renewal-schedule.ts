import type { RegistryLogin } from './registry-login.ts';

/** Renewals are spread over this share of the way to the latest moment, so that many do not fall together. */
const jitterShare = 0.05;
/**
 * Near the end of the node role's session, the metadata service may hand out the same session again and each
 * login lives half as long as the one before; this floor keeps that from becoming a busy loop.
 */
const shortestPauseMs = 1_000;

/**
 * When to renew a login: `renewBeforeMs` before it expires, or at half its life where that is too short for
 * it; a little earlier by jitter, never later. `random` is in [0, 1).
 */
export function renewalAtMs(login: RegistryLogin, renewBeforeMs: number, random: number): number {
  const lifeMs = Math.max(login.expiresAtMs - login.mintedAtMs, 0);
  const ageAtRenewalMs = Math.max(lifeMs - renewBeforeMs, lifeMs / 2);
  return login.mintedAtMs + Math.max(ageAtRenewalMs * (1 - jitterShare * random), shortestPauseMs);
}
