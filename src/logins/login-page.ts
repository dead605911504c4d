import type { Cancel } from '../runtime/clock.ts';
import { isSameInstance, type Instance, type RrsaRole } from '../settings/settings.ts';
import type { RegistryLogin } from './registry-login.ts';
import { fingerprintOf } from './saved-logins.ts';

/** What the login book knows of one instance. */
export interface LoginPage {
  readonly instance: Instance;
  readonly fingerprint: string;
  login: RegistryLogin | undefined;
  /** The fingerprint of the entry that the login was minted for. */
  mintedFor: string;
  keeping: AbortController | undefined;
  /** The login is over, and no better one could be had. */
  isExpired: boolean;
  cancelExpiry: Cancel | undefined;
  /** The last attempt for this instance failed, be it for an entry that has been changed since. */
  isFailing: boolean;
  /** Not tried yet, and still within the time that the first round has. */
  isAwaited: boolean;
}

/** The page as it was where the entry is the same. A changed entry keeps its login until there is a new one. */
export function pageFor(
  instance: Instance,
  known: LoginPage | undefined,
  podRole: RrsaRole | undefined,
): LoginPage {
  if (known !== undefined && isSameInstance(known.instance, instance)) return known;
  const page: LoginPage = {
    instance,
    fingerprint: fingerprintOf(instance, podRole),
    login: undefined,
    mintedFor: '',
    keeping: undefined,
    isExpired: false,
    isFailing: false,
    cancelExpiry: undefined,
    isAwaited: true,
  };
  if (known !== undefined) takeOver(page, known);
  return page;
}

/** Gives a page the login of another one, where that has one, and its failing. */
export function takeOver(page: LoginPage, { login, mintedFor, isExpired, isFailing }: LoginPage): void {
  page.isFailing ||= isFailing;
  if (login === undefined) return;
  page.login = { ...login, instanceKey: page.instance.key };
  page.mintedFor = mintedFor;
  page.isExpired = isExpired;
  page.isAwaited = false;
}

/** The entry was changed: its login is still used, and replaced as soon as possible. */
export function isOutdated({ fingerprint, mintedFor }: LoginPage): boolean {
  return mintedFor !== fingerprint;
}

/** Its login is of this very entry and still good. */
export function isGood(page: LoginPage, nowMs: number): boolean {
  return page.login !== undefined && page.login.expiresAtMs > nowMs && !isOutdated(page);
}

export function stopKeeping(page: LoginPage): void {
  page.keeping?.abort();
  page.cancelExpiry?.();
}
