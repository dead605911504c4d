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

/**
 * How long a renewal may wait to be told of, since each telling costs a write in every namespace and other
 * instances' renewals may be near: a tenth of the time that the replaced login still has, so none of late ones.
 */
export function announcementPauseMs(replaced: RegistryLogin, nowMs: number): number {
  return Math.max(replaced.expiresAtMs - nowMs, 0) / 10;
}

/**
 * How long before its end a login must be replaced with urgency where it is still in use: a minute or an
 * eighth of its life, whichever is longer, but never more than half of the time between renewal and end.
 */
export function urgentBeforeMs(login: RegistryLogin, renewBeforeMs: number): number {
  const lifeMs = Math.max(login.expiresAtMs - login.mintedAtMs, 0);
  const windowMs = Math.min(renewBeforeMs, lifeMs / 2);
  return Math.min(Math.max(60_000, lifeMs / 8), windowMs / 2);
}
